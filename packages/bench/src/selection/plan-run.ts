import { type Combination, isFloorOf, referencesOf } from '../combinations/combination.ts'
import { NexusError } from '../library.ts'
import type { Skip } from '../results/result-file.ts'
import { quickWorkloads } from '../workloads/catalogue.ts'
import { type Workload, workloadId } from '../workloads/workload.ts'
import { goals, targetWorkloadsOf } from './goals.ts'
import { type KeywordExpression, parseKeywords } from './keyword-expression.ts'
import { nearMisses } from './near-misses.ts'

export type Preset = 'quick' | 'targets' | 'all'

export interface SelectionRequest {
  readonly preset: Preset
  /** Words on the command line; all of the preset if there are none. */
  readonly words: readonly string[]
  /** The `-k` expression. */
  readonly keywords: string | undefined
  /** Ids after `--combos`; the default ones if absent. */
  readonly combos: readonly string[] | undefined
  /** Ids after `--require`: they are selected too, and must be ready. */
  readonly required: readonly string[]
}

/** A workload and the combinations that it runs on. */
export interface PlannedWorkload {
  readonly workload: Workload
  readonly combinations: readonly Combination[]
}

export interface RunPlan {
  readonly workloads: readonly PlannedWorkload[]
  /** Combinations that were asked for, or are default, and cannot run. */
  readonly skips: readonly Skip[]
}

/**
 * Chooses workloads and combinations. The baseline of every chosen combination takes part, too.
 * @throws {NexusError} NotFound if nothing is selected; Unavailable if a required combination is not ready
 */
export function planRun(
  request: SelectionRequest,
  workloads: readonly Workload[],
  combinations: readonly Combination[],
): RunPlan {
  const keywords = request.keywords === undefined ? undefined : parseKeywords(request.keywords)
  const chosen = chooseWorkloads(request, workloads)
  const asked = chooseCombinations(request, combinations, chosen)
  for (const id of request.required) requireReady(id, asked)
  const ready = asked.filter(({ status }) => status.status === 'ready')
  const planned = chosen
    .map(({ workload, combo }) => ({
      workload,
      combinations: ready
        .filter(({ id }) => combo === undefined || combo === id)
        .filter((combination) => !isByGoals(request) || hasGoal(workload, combination))
        .filter((combination) => keywords === undefined || keywords.matches(keywordText(workload, combination.id))),
    }))
    .filter((plan) => plan.combinations.length > 0)
    .map((plan) => ({ ...plan, combinations: withReferences(plan, combinations) }))
  const isMeant = ({ id }: Combination): boolean =>
    keywords === undefined || chosen.some(({ workload }) => keywords.matches(keywordText(workload, id)))
  const skips = asked.filter(isMeant).flatMap(skipOf)
  if (planned.length === 0) throw nothingSelected(keywords, chosen, ready, skips)
  return { workloads: planned, skips }
}

/** The preset of the goals takes what each of them is about, and nothing beside it. */
function isByGoals({ preset, words, combos }: SelectionRequest): boolean {
  return preset === 'targets' && words.length === 0 && combos === undefined
}

function hasGoal(workload: Workload, { id }: Combination): boolean {
  return goals.some((goal) => goal.combo === id && goal.workload === workloadId(workload))
}

interface ChosenWorkload {
  readonly workload: Workload
  readonly combo: string | undefined
}

function chooseWorkloads({ words, preset }: SelectionRequest, workloads: readonly Workload[]): readonly ChosenWorkload[] {
  if (words.length === 0) return presetWorkloads(preset, workloads).map((workload) => ({ workload, combo: undefined }))
  const selections = words.map((word) => selectWorkloads(word, workloads))
  const chosen = selections.flatMap(({ workloads, combo }) => workloads.map((workload) => ({ workload, combo })))
  const seen = new Set<string>()
  return chosen.filter(({ workload, combo }) => {
    const key = `${workloadId(workload)} ${combo}`
    return !seen.has(key) && seen.add(key)
  })
}

function presetWorkloads(preset: Preset, workloads: readonly Workload[]): readonly Workload[] {
  if (preset === 'all') return workloads
  if (preset === 'targets') return targetWorkloadsOf(workloads)
  return workloads.filter((workload) => quickWorkloads.includes(workload))
}

function chooseCombinations(
  { combos, required, preset }: SelectionRequest,
  combinations: readonly Combination[],
  chosen: readonly ChosenWorkload[],
): readonly Combination[] {
  const named = chosen.flatMap(({ combo }) => combo ?? [])
  const ids = [...(combos ?? []), ...required, ...named]
  for (const id of ids) requireKnown(id, combinations)
  const isChosenByPreset = ({ id, kind, isDefault }: Combination): boolean =>
    preset === 'targets' ? (kind === 'baseline' && isDefault) || goals.some(({ combo }) => combo === id) : isDefault
  return combinations.filter((candidate) => ids.includes(candidate.id) || (combos === undefined && isChosenByPreset(candidate)))
}

function requireKnown(id: string, combinations: readonly Combination[]): void {
  const known = combinations.map((combination) => combination.id)
  if (known.includes(id)) return
  const near = nearMisses(id, known)
  const advice = near.length > 0 ? `near: ${near.join(', ')}` : `known: ${known.join(', ')}`
  throw new NexusError('NotFound', `no combination is called "${id}"`, { advice })
}

function requireReady(id: string, combinations: readonly Combination[]): void {
  const status = combinations.find((combination) => combination.id === id)?.status
  if (status === undefined || status.status === 'ready') return
  throw new NexusError('Unavailable', `${id} is required and ${status.status}: ${status.reason}`)
}

/** Adds the baselines that ratios need, and the floors where the workload has one. */
function withReferences(
  { workload, combinations: chosen }: PlannedWorkload,
  all: readonly Combination[],
): readonly Combination[] {
  const references = new Set(chosen.flatMap((combination) => referencesOf(combination, workload)))
  return all.filter((combination) => {
    const isFloor =
      combination.kind === 'floor' &&
      combination.floor === workload.floor &&
      combination.status.status === 'ready' &&
      chosen.some((candidate) => isFloorOf(combination, candidate))
    return chosen.includes(combination) || references.has(combination.id) || isFloor
  })
}

function nothingSelected(
  keywords: KeywordExpression | undefined,
  chosen: readonly ChosenWorkload[],
  ready: readonly Combination[],
  skips: readonly Skip[],
): NexusError {
  if (skips.length > 0) {
    const reasons = skips.map(({ what, reason }) => `${what}: ${reason}`)
    return new NexusError('NotFound', 'nothing is selected: no selected combination is ready', {
      advice: `${reasons.join('; ')}`,
    })
  }
  const texts = chosen.flatMap(({ workload }) => ready.map(({ id }) => keywordText(workload, id)))
  const unknown = (keywords?.words ?? []).filter((word) => !texts.some((text) => text.toLowerCase().includes(word.toLowerCase())))
  const vocabulary = [...new Set([...chosen.map(({ workload }) => workloadId(workload)), ...ready.map(({ id }) => id)])]
  const near = unknown.map((word) => `"${word}" occurs nowhere (near: ${nearMisses(word, vocabulary).join(', ') || 'nothing'})`)
  const why = near.length > 0 ? near.join('; ') : 'no selected combination is ready, or the conditions exclude each other'
  return new NexusError('NotFound', `nothing is selected: ${why}`)
}

function skipOf({ id, status }: Combination): readonly Skip[] {
  return status.status === 'ready' ? [] : [{ what: id, reason: status.reason }]
}

/** What one word on the command line selects. */
interface WordSelection {
  readonly workloads: readonly Workload[]
  /** The combination that an old node id named in brackets: `test_write_1kb[local-sqlite]`. */
  readonly combo: string | undefined
}

/**
 * Workloads by group (`dedup`), name (`throughput/write`), id (`throughput/write[size=1KiB]`), or pytest node id of the old suite, from
 * the file down to one test.
 * @throws {NexusError} NotFound if the word selects nothing; the message names what is near
 */
export function selectWorkloads(word: string, workloads: readonly Workload[]): WordSelection {
  const byId = workloads.filter((workload) => namesOf(workload).includes(word))
  if (byId.length > 0) return { workloads: byId, combo: undefined }
  const [, node = '', combo] = /^(?:.*\/)?([^/[\]]+?)(?:\[([^\]]+)\])?$/.exec(word) ?? []
  const byAlias = workloads.filter((workload) => workload.aliases.some((alias) => isBelow(alias, node)))
  if (byAlias.length > 0) return { workloads: byAlias, combo }
  const near = nearMisses(word, [...new Set(workloads.flatMap(namesOf))])
  const advice = near.length > 0 ? `near: ${near.join(', ')}` : '`nexus bench list workloads` shows them all'
  throw new NexusError('NotFound', `no workload is called "${word}"`, { advice })
}

/** The text that `-k` looks into: the full id, and the name of the test it replaces. */
function keywordText(workload: Workload, combo: string): string {
  const tests = workload.aliases.map((alias) => alias.slice(alias.lastIndexOf(':') + 1))
  return [workloadId(workload), combo, ...tests].join(' ')
}

function namesOf(workload: Workload): readonly string[] {
  return [workload.group, `${workload.group}/${workload.name}`, workloadId(workload)]
}

/** `test_dedup.py`, `TestX`, `test_y`, or a chain of them with `::`, in the order of the alias. */
function isBelow(alias: string, node: string): boolean {
  const parts = alias.split('::')
  const asked = node.split('::')
  const from = parts.indexOf(asked[0] ?? '')
  return from >= 0 && asked.every((part, index) => parts[from + index] === part)
}
