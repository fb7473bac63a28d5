import fc from 'fast-check'
import type { NexusFS } from 'nexusfs'
import { operations, type Tested, World } from './operations.ts'

/** Of this run; set `NEXUS_SEED` to replay one. */
export const seed = Number(process.env.NEXUS_SEED ?? Date.now() % 2 ** 31)

/** Runs the model beside a file system; a failure prints seed, path and the shortest list of operations that fails. */
export async function checkAgainstModel(
  open: () => Promise<NexusFS>,
  numRuns: number,
  plant: (fs: NexusFS) => Tested = (fs) => fs,
): Promise<void> {
  let steps = 0
  await fc.assert(
    fc.asyncProperty(fc.commands(operations, { maxCommands: 200, size: 'max' }), async (commands) => {
      const fs = await open()
      const world = new World()
      try {
        await fc.asyncModelRun(() => ({ model: world, real: plant(fs) }), commands)
      } finally {
        steps += [...commands].length
        await fs.close()
      }
    }),
    { seed, numRuns, endOnFailure: false },
  )
  console.log(`model: seed ${seed}, ${numRuns} runs, ${steps} operations`)
}
