import type { MachineFacts, ResultFile, RunFacts, WorkloadResult } from '../results/result-file.ts'
import { type Goal, goals } from '../selection/goals.ts'
import { formatInterval, formatRatio } from './format.ts'
import { notesOf } from './notes.ts'
import { ratioText, resultCells } from './result-cells.ts'
import { marked, voidedCombos } from './voided-combos.ts'

/** A run in the form that every page and every terminal shows: texts in tables, with a tone where something is proven. */
export interface Report {
  readonly run: RunFacts
  readonly tool: ResultFile['tool']
  readonly machine: MachineFacts
  readonly groups: readonly ReportedGroup[]
  /**
   * Workloads down, combinations of Nexus across: the time divided by that of the baseline. No rows if only baselines were
   * measured.
   */
  readonly summary: ReportTable
  /** Absent if the run looked at no goal. */
  readonly goals: ReportedGoals | undefined
  /** What a reader must know beside the figures, one sentence each. */
  readonly notes: readonly string[]
}

export interface ReportTable {
  readonly columns: readonly ReportColumn[]
  readonly rows: readonly (readonly ReportCell[])[]
}

export interface ReportColumn {
  readonly title: string
  readonly align: 'left' | 'right'
}

export interface ReportCell {
  readonly text: string
  readonly tone: Tone
}

/** `good` and `slow` only where the interval proves it; `bad` for what is wrong, or not met. */
export type Tone = 'plain' | 'good' | 'slow' | 'bad'

/** The workloads of one group, in the order of the run. */
export interface ReportedGroup {
  readonly name: string
  readonly columns: readonly ReportColumn[]
  readonly workloads: readonly ReportedWorkload[]
}

export interface ReportedWorkload {
  readonly id: string
  readonly title: string
  /** One for each combination. */
  readonly rows: readonly ReportedRow[]
}

export interface ReportedRow {
  readonly id: string
  /** One for each column of the group; dashes if there are no figures. */
  readonly cells: readonly ReportCell[]
  /** Why there are none. */
  readonly problem: { readonly status: WorkloadResult['status']; readonly message: string } | undefined
}

export interface ReportedGoals {
  readonly met: number
  readonly of: number
  readonly table: ReportTable
}

/** Works out what a report of a run shows, from its file and from nothing else. */
export function report(file: ResultFile): Report {
  const goals = goalResults(file)
  return {
    run: file.run,
    tool: file.tool,
    machine: file.machine,
    groups: groupsOf(file),
    summary: summaryOf(file),
    goals: goals.length === 0 ? undefined : goalsOf(goals),
    notes: notesOf(file),
  }
}

const resultColumns: readonly ReportColumn[] = [
  { title: 'combination', align: 'left' },
  { title: 'class', align: 'left' },
  { title: 'median', align: 'right' },
  { title: 'ratio [95 %]', align: 'left' },
  { title: 'p99', align: 'right' },
  { title: 'ops/s', align: 'right' },
  { title: 'stored B/op', align: 'right' },
  { title: 'fsync/op', align: 'right' },
  { title: 'rounds', align: 'right' },
]

function groupsOf(file: ResultFile): readonly ReportedGroup[] {
  const voided = voidedCombos(file)
  return [...Map.groupBy(file.results, ({ group }) => group)].map(([name, results]) => ({
    name,
    columns: resultColumns,
    workloads: [...Map.groupBy(results, ({ workload }) => workload)].map(([id, rows]) => ({
      id,
      title: rows[0]?.title ?? '',
      rows: rows.map((result) => rowOf(result, voided)),
    })),
  }))
}

function rowOf(result: WorkloadResult, voided: ReadonlySet<string>): ReportedRow {
  const { id, status, problem } = result
  const { median, ratio, p99, operations, stored, fsyncs, rounds } = resultCells(result)
  const first = problem === undefined ? median : status
  return {
    id,
    problem: problem && { status, message: problem.message },
    cells: [
      ...[marked(result.combo, voided), result.durability, first].map(plain),
      { text: ratio, tone: toneOf(result) },
      ...[p99, operations, stored, fsyncs, rounds].map(plain),
    ],
  }
}

function summaryOf(file: ResultFile): ReportTable {
  const voided = voidedCombos(file)
  const combos = file.combos.filter(({ id, kind }) => kind === 'nexus' && file.results.some(({ combo }) => combo === id))
  const titles = ['workload', ...combos.map(({ id, reference }) => `${marked(id, voided)} / ${reference}`)]
  const workloads = combos.length === 0 ? [] : [...Map.groupBy(file.results, ({ workload }) => workload)]
  return {
    columns: titles.map((title) => ({ title, align: 'left' })),
    rows: workloads.map(([id, results]) => [
      plain(id),
      ...combos.map((combo) => summaryCell(results.find((result) => result.combo === combo.id))),
    ]),
  }
}

function summaryCell(result: WorkloadResult | undefined): ReportCell {
  if (result === undefined) return plain('-')
  if (result.problem !== undefined) return plain(result.status)
  return { text: ratioText(result), tone: toneOf(result) }
}

/** Only where the interval proves it, and only within a class. */
function toneOf({ vs: [comparison] }: WorkloadResult): Tone {
  if (comparison?.interval === undefined || !comparison.isSameClass) return 'plain'
  if (comparison.interval.high < 1) return 'good'
  return comparison.interval.low > 1 ? 'slow' : 'plain'
}

const goalColumns: readonly ReportColumn[] = [
  { title: 'goal', align: 'left' },
  { title: 'combination / reference', align: 'left' },
  { title: 'class', align: 'left' },
  { title: 'measured', align: 'right' },
  { title: '95 %', align: 'left' },
  { title: 'at most', align: 'right' },
  { title: 'verdict', align: 'left' },
]

function goalsOf(results: readonly GoalResult[]): ReportedGoals {
  const met = results.filter(isMet).length
  return { met, of: results.length, table: { columns: goalColumns, rows: results.map(goalRow) } }
}

function goalRow(result: GoalResult): readonly ReportCell[] {
  const { goal, ratio, interval, verdict } = result
  const measured = ratio === undefined ? '-' : formatRatio(ratio)
  const range = interval === undefined ? '-' : formatInterval(interval)
  const texts = [goal.row, `${goal.combo} / ${goal.reference}`, goal.durability, measured, range, formatRatio(goal.ratio)]
  return [...texts.map(plain), { text: verdict, tone: isMet(result) ? 'good' : 'bad' }]
}

function isMet({ verdict }: GoalResult): boolean {
  return verdict.startsWith('met')
}

function plain(text: string): ReportCell {
  return { text, tone: 'plain' }
}

/** The measured ratio decides; `close` says that the interval contains the goal, `n<6` that there is no interval. */
type GoalVerdict = 'not measured' | `${'met' | 'not met'}${'' | ', close' | ', n<6'}`

/** How a goal came out. */
interface GoalResult {
  readonly goal: Goal
  readonly ratio: number | undefined
  readonly interval: { readonly low: number; readonly high: number } | undefined
  readonly verdict: GoalVerdict
}

/** Every goal that a run with the preset `targets` or `all` looked at. */
export function goalResults(file: ResultFile): readonly GoalResult[] {
  if (file.run.preset === 'quick') return []
  return goals
    .filter(({ workload, combo }) => file.results.some((result) => result.workload === workload && result.combo === combo))
    .map((goal) => goalResult(goal, file))
}

function goalResult(goal: Goal, file: ResultFile): GoalResult {
  const result = file.results.find(({ workload, combo }) => workload === goal.workload && combo === goal.combo)
  const measured = result?.vs.find(({ reference }) => reference === goal.reference)
  if (measured === undefined) return { goal, ratio: undefined, interval: undefined, verdict: 'not measured' }
  const { ratio, interval } = measured
  const isMet = ratio <= goal.ratio ? 'met' : 'not met'
  return { goal, ratio, interval, verdict: `${isMet}${doubt(interval, goal.ratio)}` }
}

function doubt(interval: GoalResult['interval'], ratio: number): '' | ', close' | ', n<6' {
  if (interval === undefined) return ', n<6'
  return interval.low <= ratio && ratio < interval.high ? ', close' : ''
}
