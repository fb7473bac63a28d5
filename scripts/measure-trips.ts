import { mkdtemp, rm } from 'node:fs/promises'
import type { Profiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNexus } from 'nexusfs'

/** What one call runs through, as V8 counts it: files and functions that ran at least once, and how often they ran together. */
export interface Trip {
  readonly name: string
  readonly files: readonly string[]
  readonly functions: number
  readonly calls: number
}

const sources = '/packages/nexusfs/'

/**
 * Measures single warm calls on a store in a folder: how much of the library a reader of one call has to know. Of five calls the
 * one with the fewest functions counts: a timer that happens to fire is not part of it.
 */
export async function measureTrips(): Promise<readonly Trip[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-trips-'))
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  try {
    await using nexus = await openNexus(folder, { durability: 'os' })
    const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
      for await (const _ of items);
    }
    let next = 0
    const trips: Readonly<Record<string, () => Promise<unknown>>> = {
      'write 1 KiB, new file': () => nexus.write(`/d/${next++}`, 'x'.repeat(1024)),
      'append a few bytes': () => nexus.append('/d/appended', 'x'),
      read: () => nexus.read('/d/read'),
      exists: () => nexus.exists('/d/read'),
      list: () => drain(nexus.list('/few')),
      walk: () => drain(nexus.walk('/few')),
      mkdir: () => nexus.mkdir(`/d/made-${next++}`),
    }
    await nexus.write('/d/read', 'x'.repeat(1024))
    for (const name of ['a', 'b', 'c']) await nexus.write(`/few/${name}`, name)
    const measured: Trip[] = []
    for (const [name, call] of Object.entries(trips)) {
      for (let warm = 0; warm < 3; warm++) await call()
      const repeats: Trip[] = []
      for (let repeat = 0; repeat < 5; repeat++) {
        await session.post('Profiler.takePreciseCoverage')
        await call()
        repeats.push(tripOf(name, (await session.post('Profiler.takePreciseCoverage')).result))
      }
      measured.push(repeats.reduce((least, trip) => (trip.functions < least.functions ? trip : least)))
    }
    return measured
  } finally {
    await session.post('Profiler.stopPreciseCoverage')
    session.disconnect()
    await rm(folder, { recursive: true })
  }
}

function tripOf(name: string, scripts: readonly Profiler.ScriptCoverage[]): Trip {
  const files: string[] = []
  let functions = 0
  let calls = 0
  for (const { url, functions: all } of scripts) {
    const at = url.indexOf(sources)
    const ran = all.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0 && !isModule(ranges[0]))
    if (at === -1 || ran.length === 0) continue
    files.push(url.slice(at + sources.length))
    functions += ran.length
    for (const { ranges } of ran) calls += ranges[0]?.count ?? 0
  }
  return { name, files: files.sort(), functions, calls }
}

function isModule(range: Profiler.CoverageRange | undefined): boolean {
  return range?.startOffset === 0
}

if (import.meta.main) {
  const rows = (await measureTrips()).map(({ name, files, functions, calls }) => [name, files.length, functions, calls])
  const lines = [['trip', 'files', 'functions', 'calls'], ['---', '---', '---', '---'], ...rows]
  console.log(lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
}
