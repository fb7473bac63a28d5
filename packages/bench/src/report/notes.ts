import type { ResultFile } from '../results/result-file.ts'
import { formatCount } from './format.ts'
import { isWide, ratioCell, savedShare } from './result-cells.ts'
import { voidedCombos } from './voided-combos.ts'

/** What a reader must know beside the figures, one sentence each. */
export function notesOf(file: ResultFile): readonly string[] {
  return [
    ...statusNote(file),
    ...file.warnings,
    ...loadNote(file),
    ...wideNote(file),
    ...warmUpNote(file),
    ...growthNote(file),
    ...floorNotes(file),
    ...savingsNotes(file),
    ...tornNotes(file),
    ...coldNotes(file),
    ...baselineNote(file),
    ...voidNotes(file),
    ...fsyncNotes(file),
    ...file.skips.map(({ what, reason }) => `skipped ${what}: ${reason}`),
  ]
}

function statusNote({ run }: ResultFile): readonly string[] {
  return run.status === 'done' ? [] : [`the run was ${run.status}; what is here is complete for each workload and checked`]
}

/** A load above the number of processors before the run began is somebody else's. */
function loadNote({ machine }: ResultFile): readonly string[] {
  if (machine.load.before <= machine.cores) return []
  const found = `load ${machine.load.before.toFixed(1)} on ${machine.cores} processors`
  return [`the machine was busy before the run began (${found}): expect wide intervals`]
}

function wideNote({ results }: ResultFile): readonly string[] {
  const wide = results.filter(({ vs: [comparison] }) => comparison !== undefined && isWide(comparison))
  if (wide.length === 0) return []
  const compared = results.filter(({ vs }) => vs.length > 0).length
  const cure = 'a larger --budget, or fewer workloads, gives more rounds'
  return [`${wide.length} of ${compared} ratios have no interval or one wider than +-10 %; ${cure}`]
}

function warmUpNote({ results }: ResultFile): readonly string[] {
  const unwarmed = results.filter(({ rounds }) => rounds.some(({ isWarmUp }) => isWarmUp))
  return unwarmed.length === 0
    ? []
    : [`${unwarmed.length} results are of a first iteration: there was no time for a warm-up and a round`]
}

function growthNote({ results }: ResultFile): readonly string[] {
  const growing = new Set(results.filter(({ growth }) => growth !== undefined).map(({ workload }) => workload))
  if (growing.size === 0) return []
  return [`the state grows while the clock runs (files, or versions that Nexus keeps) in ${growing.size} workloads that write`]
}

/** What a file system costs above the least that its metadata store could do. */
function floorNotes({ results, combos }: ResultFile): readonly string[] {
  const floors = new Set(combos.filter(({ kind }) => kind === 'floor').map(({ id }) => id))
  return results.flatMap(({ id, vs }) =>
    vs
      .filter(({ reference }) => floors.has(reference))
      .map((comparison) => `${id}: ${ratioCell(comparison)} of ${comparison.reference}`),
  )
}

/** One sentence for a workload, with the combinations that saved the same. */
function savingsNotes({ results, combos }: ResultFile): readonly string[] {
  const nexus = new Set(combos.filter(({ kind }) => kind === 'nexus').map(({ id }) => id))
  const saved = results
    .filter(({ group, combo }) => group === 'dedup' && nexus.has(combo))
    .flatMap((result) => {
      const share = savedShare(result)
      return share === undefined ? [] : [{ combo: result.combo, text: `${result.workload}: ${(share * 100).toFixed(1)} %` }]
    })
  return [...Map.groupBy(saved, ({ text }) => text)].map(
    ([text, rows]) => `${text} of the bytes written needed no space (${rows.map(({ combo }) => combo).join(', ')})`,
  )
}

function tornNotes({ results }: ResultFile): readonly string[] {
  return results
    .filter(({ verify }) => verify.tornReads > 0)
    .map(({ id, verify }) => `${id}: ${formatCount(verify.tornReads)} reads saw an empty or half-written file`)
}

function baselineNote({ results }: ResultFile): readonly string[] {
  if (!results.some(({ combo }) => combo.startsWith('local_fs'))) return []
  const how = 'local_fs and local_fs+fsync truncate a file in place to overwrite it, and a crash can leave half of it'
  const isCompared = results.some(({ combo }) => combo.startsWith('local_fs+atomic'))
  return [isCompared ? `${how}; overwrites are compared with local_fs+atomic, which replaces the file as a whole` : how]
}

/** Where a combination was wrong once, the check of another workload may only have been too weak. */
function voidNotes(file: ResultFile): readonly string[] {
  return [...voidedCombos(file)].map((combo) => {
    const where = file.results.filter((result) => result.combo === combo && result.status === 'void')
    return `${combo} is void in ${where.map(({ workload }) => workload).join(', ')}: its other figures are marked "!void"`
  })
}

/** A system that reads ahead makes files warm that nobody asked for. */
function coldNotes({ results }: ResultFile): readonly string[] {
  return results.flatMap(({ id, cold }) => {
    if (cold === undefined || cold.fetchedBytes >= cold.coldBytes) return []
    const found = `${formatCount(cold.fetchedBytes)} of ${formatCount(cold.coldBytes)} cold bytes`
    return [`${id}: only ${found} came from the disk while the clock ran; reading ahead had brought the rest`]
  })
}

/** Each reason once, with the combinations that it holds for. */
function fsyncNotes({ results }: ResultFile): readonly string[] {
  const reasons = new Map<string, Set<string>>()
  for (const { combo, io, data } of results) {
    if (typeof io?.fsyncs !== 'string' || data === 'none') continue
    reasons.set(io.fsyncs, (reasons.get(io.fsyncs) ?? new Set()).add(combo))
  }
  return [...reasons].map(([reason, combos]) => `fsync/op of ${[...combos].join(', ')} is "-": ${reason}`)
}
