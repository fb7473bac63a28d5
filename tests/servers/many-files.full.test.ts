// Guards: fs/**/*.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import type { NexusFS } from 'nexusfs'
import { describe, it } from 'vitest'
import { keepResult } from '../results.ts'
import { type ServerFixture, serverFixture, sharedServer } from './server-fixtures.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]

const few = 1_000
const many = Number(process.env.NEXUS_MANY_FILES ?? 1_000_000)
/** How much slower an operation may be among the many. */
const limit = 1.5
const perBatch = 2_000
const samples = 300

const operations: readonly { readonly name: string; run(fs: NexusFS, files: number, time: number): Promise<unknown> }[] = [
  { name: 'list, the first page', run: (fs) => firstPage(fs) },
  { name: 'stat', run: (fs, files) => fs.stat(pathOf(Math.floor(Math.random() * files))) },
  { name: 'write of a new file', run: (fs, _files, time) => fs.write(`/all/new-${time}`, `new ${time}`) },
  { name: 'overwrite', run: (fs, files, time) => fs.write(pathOf(Math.floor(Math.random() * files)), `over ${time}`) },
]

function pathOf(index: number): string {
  return `/all/file-${String(index).padStart(7, '0')}`
}

async function firstPage(fs: NexusFS): Promise<void> {
  for await (const entry of fs.list('/all', { pageSize: 100 })) {
    assert.equal(entry.kind, 'file')
    return
  }
}

/** So many files in one directory. */
async function filled(fixture: ServerFixture, files: number): Promise<NexusFS> {
  const fs = await fixture.open()
  await fs.mkdir('/all')
  const began = performance.now()
  for (let from = 0; from < files; from += perBatch) {
    const count = Math.min(perBatch, files - from)
    await fs.writeBatch(Array.from({ length: count }, (_, index) => ({ path: pathOf(from + index), content: `${from + index}` })))
    if (from % 100_000 === 0) console.log(`${fixture.kind}: ${from} of ${files} files, ${seconds(began)} s`)
  }
  const usage = await fs.usage('/')
  assert.equal(usage.files, files)
  console.log(`${fixture.kind}: ${files} files, ${seconds(began)} s`)
  return fs
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`one directory of ${many} files on local-${kind}`, () => {
    it(`is as fast as one of ${few}, within ${limit} times`, { timeout: 3_600_000 }, async () => {
      await using fewFixture = await serverFixture(kind, server?.url ?? '')
      await using manyFixture = await serverFixture(kind, server?.url ?? '')
      const [small, large] = [await filled(fewFixture, few), await filled(manyFixture, many)]
      const ratios: Record<string, { fewMs: number; manyMs: number; ratio: number }> = {}
      for (const { name, run } of operations) {
        const [fewMs, manyMs]: [number[], number[]] = [[], []]
        for (let time = 0; time < samples; time++) {
          fewMs.push(await timed(() => run(small, few, time)))
          manyMs.push(await timed(() => run(large, many, time)))
        }
        ratios[name] = { fewMs: median(fewMs), manyMs: median(manyMs), ratio: median(manyMs) / median(fewMs) }
      }
      keepResult(`many-files-${kind}`, { few, many, samples, ratios })
      for (const [name, { ratio }] of Object.entries(ratios)) assert.ok(ratio <= limit, `${name}: ${ratio.toFixed(2)} times`)
    })
  })
}
