import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { NexusFS } from 'nexusfs'
import { operations, type Tested, World } from './operations.ts'

/** Of this run; set `NEXUS_SEED` to replay one. */
export const seed = Number(process.env.NEXUS_SEED ?? Date.now() % 2 ** 31)

/** How much is tried, at most and at least. */
export interface Extent {
  /** Lists of operations to run. */
  readonly runs: number
  /** After so many milliseconds no further list begins: a slow machine tries fewer of them. */
  readonly boxMs: number
  /** So many at least; below it the check fails, since it has shown too little. */
  readonly leastRuns: number
  /** An operation takes milliseconds; one that takes longer than this never ends. */
  readonly patienceMs: number
}

/** Runs the model beside a file system; a failure prints seed, path and the shortest list of operations that fails. */
export async function checkAgainstModel(
  open: () => Promise<NexusFS>,
  { runs, boxMs, leastRuns, patienceMs }: Extent,
  plant: (fs: NexusFS) => Tested = (fs) => fs,
): Promise<void> {
  let steps = 0
  let last: Promise<void> | undefined
  const property = fc.asyncProperty(fc.commands(operations, { maxCommands: 200, size: 'max' }), (commands) => {
    const world = new World()
    last = patiently(world, patienceMs, async () => {
      const fs = await open()
      try {
        await fc.asyncModelRun(() => ({ model: world, real: plant(fs) }), commands)
      } finally {
        steps += [...commands].length
        world.doing = 'close'
        await fs.close()
      }
    })
    return last
  })
  const details = await fc.check(property, { seed, numRuns: runs, plugins: [fc.interruptAfterTimeLimit(boxMs)] })
  if (details.failed) throw new Error(await fc.asyncDefaultReportMessage(details), { cause: details.errorInstance })
  await last
  console.log(`model: seed ${seed}, ${details.numRuns} of ${runs} runs, ${steps} operations`)
  assert.ok(details.numRuns >= leastRuns, `${details.numRuns} runs within ${boxMs} ms are too few to show anything`)
}

/** @throws what `work` throws; an error that names the operation which does not end */
async function patiently(world: World, patienceMs: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const stuck = new Promise<never>((_, reject) => {
    let seen = world.done
    timer = setInterval(() => {
      if (world.done === seen) reject(new Error(`no end after ${patienceMs / 1000} s: ${world.doing}; waits for ${waitsFor()}`))
      seen = world.done
    }, patienceMs)
  })
  try {
    await Promise.race([work(), stuck])
  } finally {
    clearInterval(timer)
  }
}

/** What keeps this process: its handles, and on Linux the system call that each of its threads is in. */
function waitsFor(): string {
  const threads = globSync('/proc/self/task/*').map((task) =>
    ['comm', 'wchan', 'syscall'].map((file) => textOf(join(task, file))).join(' '),
  )
  return [process.getActiveResourcesInfo().join(', '), ...threads].join('\n')
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return '-'
  }
}

/** So many runs, within a time box that leaves room for a slow disk; a fifth of them at least. */
export function extentOf(runs: number): Extent {
  return { runs, boxMs: Math.max(240_000, runs * 100), leastRuns: Math.ceil(runs / 5), patienceMs: 30_000 }
}
