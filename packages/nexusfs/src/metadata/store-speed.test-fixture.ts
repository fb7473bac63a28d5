import { randomBytes } from 'node:crypto'
import { concatBytes, utf8 } from '../core/bytes.ts'
import { NexusError } from '../core/errors.ts'
import type { Commit, Expectation, Key, MetadataStore } from './metadata-store.ts'

/** One way to do the work that is compared. */
export interface Contender {
  readonly name: string
  readonly run: (worker: number) => Promise<unknown>
}

const rounds = 9
const sliceMs = 150

/**
 * Operations a second of each, and the median over the rounds of its ratio to the first. They take turns in short slices, so that
 * whatever else the machine does weighs on all of them.
 */
export async function compare(workers: number, contenders: readonly Contender[]): Promise<ReadonlyMap<string, number>> {
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (const { run } of contenders) await slice(workers, run)
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of contenders) rates.get(name)?.push(await slice(workers, run))
  }
  const base = rates.get(contenders[0]?.name ?? '') ?? []
  const ratios = new Map<string, number>()
  for (const [name, all] of rates) {
    ratios.set(name, median(all.map((rate, round) => rate / (base[round] ?? 1))))
    console.log(`${workers} workers, ${name}: ${median(all).toFixed(0)}/s, ratio ${ratios.get(name)?.toFixed(2)}`)
  }
  return ratios
}

/** What a store does for new small files, in as many directories as given. */
export async function newFiles(name: string, store: MetadataStore, directories: number): Promise<Contender> {
  const parents = await Promise.all(Array.from({ length: directories }, () => directory(store)))
  return {
    name,
    run: async (worker) => {
      const parent = parents[worker % directories]
      if (parent === undefined) throw new NexusError('Unexpected', 'there is no directory')
      const [result] = await store.commit([newFile(parent)])
      if (result?.status !== 'committed') throw new NexusError('Unexpected', `a commit came back ${result?.status}`)
    },
  }
}

interface Parent {
  readonly group: Uint8Array
  readonly chain: readonly Expectation[]
}

/** A chain of four directories as `expect` states it, made in the store. */
async function directory(store: MetadataStore): Promise<Parent> {
  const keys = Array.from({ length: 4 }, (): Key => ({ group: tagged('d'), item: utf8('dir') }))
  const [made] = await store.commit([
    { expect: [], writes: keys.map((key) => ({ kind: 'put', key, value: new Uint8Array(100) })) },
  ])
  if (made?.status !== 'committed') throw new NexusError('Unexpected', `a commit came back ${made?.status}`)
  return { group: tagged('d'), chain: keys.map((key) => ({ kind: 'at', key, revision: made.revision })) }
}

/** What the write of a new small file commits: 4 writes, 6 expectations. */
function newFile({ group, chain }: Parent): Commit {
  const name = { group, item: id() }
  return {
    expect: [...chain, { kind: 'absent', key: name }, { kind: 'absent', key: { group: utf8('o'), item: id() } }],
    writes: [
      { kind: 'put', key: name, value: new Uint8Array(120) },
      { kind: 'put', key: { group: utf8('c'), item: id() }, value: new Uint8Array(60) },
      { kind: 'put', key: { group: tagged('r'), item: id() }, value: new Uint8Array(0) },
      { kind: 'put', key: { group: utf8('l'), item: new Uint8Array(0), revisionAt: 0 }, value: new Uint8Array(100) },
    ],
  }
}

/** The entries of a directory and its four ancestors, as a look-up asks for them. */
export async function fiveKeys(store: MetadataStore): Promise<readonly Key[]> {
  const keys = Array.from({ length: 5 }, (_, index): Key => ({ group: tagged('d'), item: utf8(`dir-${index}`) }))
  await store.commit([{ expect: [], writes: keys.map((key) => ({ kind: 'put', key, value: new Uint8Array(150) })) }])
  return keys
}

async function slice(workers: number, run: (worker: number) => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      while (performance.now() - begin < sliceMs) {
        await run(worker)
        count++
      }
    }),
  )
  return (1000 * count) / (performance.now() - begin)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function id(): Uint8Array {
  return new Uint8Array(randomBytes(16))
}

function tagged(tag: string): Uint8Array {
  return concatBytes(utf8(tag), id())
}
