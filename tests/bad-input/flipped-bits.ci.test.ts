// Guards: metadata-stores/sqlite/*.ts, metadata/checked-value.ts

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isNexusError, MemoryBackend, NexusFS, SqliteStore } from 'nexusfs'
import { freshSeed, seededRandom } from 'nexusfs/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'

const trials = 800
const leastTrials = 150
const budgetMs = 90_000

/** Every byte of these is told apart from the same byte of any other file or version. */
const contentOf = (path: string, version: number, size: number): string => `${path} v${version} `.repeat(size).slice(0, size)
const sizes = [40, 120, 300, 700]

/** What each path held in each version. */
const written = new Map<string, readonly string[]>()
let folder = ''
let file = ''
let whole = Buffer.alloc(0)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-flipped-'))
  file = join(folder, 'meta.db')
  const fs = await openStore()
  for (let index = 0; index < 36; index++) {
    const path = `/d${index % 3}/f${index}`
    const versions = [1, 2].map((version) => contentOf(path, version, sizes[index % sizes.length] ?? 0))
    for (const content of versions) await fs.write(path, content)
    written.set(path, versions)
  }
  await fs.close()
  whole = await readFile(file)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The blobs are not what is damaged here: all contents lie in the database. */
async function openStore(): Promise<NexusFS> {
  const metadata = await SqliteStore.open({ path: file, durability: 'os', worker: 'never' })
  return NexusFS.open({
    metadata,
    storage: await MemoryBackend.open({ name: 'flipped-bits' }),
    mayShareStorage: true,
    cacheBytes: 0,
  })
}

interface Tally {
  right: number
  refused: number
  missing: number
}

describe('a database with flipped bits', () => {
  it(`gives what was written or a typed error, in ${trials} trials, and never other bytes`, { timeout: 300_000 }, async () => {
    const seed = freshSeed()
    const random = seededRandom(seed)
    const below = (limit: number): number => Math.floor(random.fraction() * limit)
    const tally = { right: 0, refused: 0, missing: 0 }
    const end = performance.now() + budgetMs
    let done = 0
    for (; done < trials && (done < leastTrials || performance.now() < end); done++) {
      const damaged = Buffer.from(whole)
      for (let flips = 1 + below(4); flips > 0; flips--) {
        const at = below(damaged.length)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << below(8))
      }
      await rm(`${file}-wal`, { force: true })
      await rm(`${file}-shm`, { force: true })
      await writeFile(file, damaged)
      await readEverything(tally, `seed ${seed}, trial ${done}`)
    }
    assert.ok(done >= leastTrials && tally.right > done && tally.refused > 0, JSON.stringify({ done, ...tally }))
  })
})

async function readEverything(tally: Tally, trial: string): Promise<void> {
  const fs = await openStore().catch((error: unknown) => refusal(error, trial))
  if (!(fs instanceof NexusFS)) {
    tally.refused += 1
    return
  }
  try {
    for (const [path, versions] of written) {
      for (const [index, content] of versions.entries()) {
        const read = fs.readText(path, { version: index + 1 })
        const found: string | { readonly code: string } = await read.catch((error: unknown) => refusal(error, trial))
        if (typeof found !== 'string') tally[found.code === 'NotFound' ? 'missing' : 'refused'] += 1
        else if (found === content) tally.right += 1
        else assert.fail(`${trial}: ${path} v${index + 1} is ${JSON.stringify(found.slice(0, 40))}`)
      }
    }
  } finally {
    await fs.close().catch((error: unknown) => refusal(error, trial))
  }
}

function refusal(error: unknown, trial: string): { readonly code: string } {
  if (isNexusError(error) && error.code !== 'Unexpected') return { code: error.code }
  throw new Error(`${trial}: not a typed error`, { cause: error })
}
