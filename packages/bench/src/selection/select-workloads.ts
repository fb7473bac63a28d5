import { NexusError } from '../library.ts'
import { type Workload, workloadId } from '../workloads/workload.ts'
import { nearMisses } from './near-misses.ts'

/** What one word on the command line selects. */
export interface WordSelection {
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
export function keywordText(workload: Workload, combo: string): string {
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
