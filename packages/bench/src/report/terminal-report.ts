import type Table from 'cli-table3'

import type { ResultFile, WorkloadResult } from '../results/result-file.ts'
import type { Colors } from './colors.ts'
import { formatCount, formatInterval, formatRatio } from './format.ts'
import { type GoalResult, goalResults } from './goals.ts'
import { notesOf } from './notes.ts'
import { linesOf, plainTable } from './plain-table.ts'
import { ratioText, resultCells } from './result-cells.ts'
import { marked, voidedCombos } from './voided-combos.ts'

/** The report of a run for a terminal: the machine, a table for each group, the summary, and what a reader must know about them. */
export function terminalReport(file: ResultFile, colors: Colors): string {
  const groups = [...Map.groupBy(file.results, (result) => result.group)]
  const parts = [
    machineLines(file, colors),
    ...groups.map(([group, results]) => groupTable(group, results, voidedCombos(file), colors)),
    summaryTable(file, colors),
    ...(goalResults(file).length > 0 ? [goalTable(goalResults(file), colors)] : []),
    noteLines(file, colors),
  ]
  return `${parts.join('\n\n')}\n`
}

function machineLines({ machine, run }: ResultFile, colors: Colors): string {
  const { cpu, cores, node, fileSystem, load, probes } = machine
  return [
    colors.bold(`Nexus benchmarks: ${run.preset}, ${run.status}, seed ${run.seed}`),
    `${cpu}, ${cores} cores, ${formatCount(machine.memoryBytes / 2 ** 30)} GiB, ${machine.os}, Node ${node}`,
    `files on ${fileSystem} (${machine.folder}); load ${load.before.toFixed(2)} before, ${load.after.toFixed(2)} after`,
    `here SHA-256 of 1 MiB takes ${probes.sha256Ms.toFixed(2)} ms, an fsync of 4 KiB ${probes.fsyncMs.toFixed(2)} ms`,
  ].join('\n')
}

const resultHead = ['combination', 'class', 'median', 'ratio [95 %]', 'p99', 'ops/s', 'stored B/op', 'fsync/op', 'rounds']

function groupTable(group: string, results: readonly WorkloadResult[], voided: ReadonlySet<string>, colors: Colors): string {
  const table = plainTable(resultHead, ['left', 'left', 'right', 'left', 'right', 'right', 'right', 'right', 'right'], colors)
  const problems: string[] = []
  const headings = new Map<number, string>()
  for (const [workload, rows] of Map.groupBy(results, (result) => result.workload)) {
    headings.set(table.length, `${colors.bold(workload)}  ${colors.dim(rows[0]?.title ?? '')}`)
    for (const row of rows) table.push(resultRow(row, voided, colors))
    problems.push(...rows.flatMap((row) => problemLine(row, colors)))
  }
  const [head = '', ...lines] = linesOf(table)
  const body = lines.flatMap((line, index) => [...(headings.has(index) ? [headings.get(index) ?? ''] : []), line])
  return [colors.bold(colors.cyan(group)), head, ...body, ...problems].join('\n')
}

function resultRow(result: WorkloadResult, voided: ReadonlySet<string>, colors: Colors): Table.Cell[] {
  const name = `  ${marked(result.combo, voided)}`
  if (result.problem !== undefined) return [name, result.durability, result.status, '-', '-', '-', '-', '-', '-']
  const cells = resultCells(result)
  const ratio = coloured(cells.ratio, result, colors)
  const { median, p99, operations, stored, fsyncs, rounds } = cells
  return [name, result.durability, median, ratio, p99, operations, stored, fsyncs, rounds]
}

function problemLine(result: WorkloadResult, colors: Colors): readonly string[] {
  if (result.problem === undefined) return []
  const text = `  ${result.id} is ${result.status}: ${result.problem.message}`
  return [result.status === 'void' ? colors.red(text) : colors.yellow(text)]
}

/** Colour only where the interval proves it, and only within a class. */
function coloured(text: string, result: WorkloadResult, colors: Colors): string {
  const [comparison] = result.vs
  if (comparison?.interval === undefined || !comparison.isSameClass) return text
  if (comparison.interval.high < 1) return colors.green(text)
  return comparison.interval.low > 1 ? colors.yellow(text) : text
}

/** Workloads down, combinations across: how many times the baseline of the same class. */
function summaryTable(file: ResultFile, colors: Colors): string {
  const combos = file.combos.filter(({ id, kind }) => kind === 'nexus' && file.results.some(({ combo }) => combo === id))
  if (combos.length === 0) return 'only baselines were measured: there is nothing to compare'
  const voided = voidedCombos(file)
  const head = ['workload', ...combos.map(({ id, reference }) => `${marked(id, voided)} / ${reference}`)]
  const table = plainTable(head, ['left', ...combos.map(() => 'left' as const)], colors)
  for (const [workload, rows] of Map.groupBy(file.results, (result) => result.workload)) {
    const cells = combos.map(({ id }) =>
      summaryCell(
        rows.find(({ combo }) => combo === id),
        colors,
      ),
    )
    table.push([workload, ...cells])
  }
  return `${colors.bold(colors.cyan('summary'))}: time / time of the baseline; below 1 Nexus is faster\n${linesOf(table).join('\n')}`
}

function summaryCell(result: WorkloadResult | undefined, colors: Colors): string {
  if (result === undefined) return '-'
  if (result.problem !== undefined) return result.status
  return coloured(ratioText(result), result, colors)
}

function goalTable(results: readonly GoalResult[], colors: Colors): string {
  const head = ['goal', 'combination / reference', 'class', 'measured', '95 %', 'at most', 'verdict']
  const table = plainTable(head, ['left', 'left', 'left', 'right', 'left', 'right', 'left'], colors)
  for (const { goal, ratio, interval, verdict } of results) {
    const measured = ratio === undefined ? '-' : formatRatio(ratio)
    const range = interval === undefined ? '-' : formatInterval(interval)
    const colour = verdict.startsWith('met') ? colors.green : colors.red
    const against = `${goal.combo} / ${goal.reference}`
    table.push([goal.row, against, goal.durability, measured, range, formatRatio(goal.ratio), colour(verdict)])
  }
  const met = results.filter(({ verdict }) => verdict.startsWith('met')).length
  return `${colors.bold(colors.cyan('goals'))}: ${met} of ${results.length} met\n${linesOf(table).join('\n')}`
}

function noteLines(file: ResultFile, colors: Colors): string {
  const notes = notesOf(file).map((note) => `- ${note}`)
  return [colors.bold('notes'), ...notes].join('\n')
}
