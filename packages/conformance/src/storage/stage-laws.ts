import type { BlobBody, StagedBlob, StorageBackend } from 'nexusfs'
import { expectEqual, expectRejection, LawBroken } from '../expect.ts'
import { clientsShareANamespace, type LawRequirement } from '../law.ts'
import { anyKey, expectAbsent, expectBlob, inPieces, listedKeys, put, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

export const stagingRequired: LawRequirement<StorageBackend> = {
  description: 'capability staging',
  isMet: (_, info) => info.capabilities.staging,
}

/** Storing a body before its key is known. */
export const stageLaws: readonly StorageLaw[] = [
  {
    id: 'stage-unsupported',
    member: 'stage',
    title: 'without the capability, stage is absent or refuses with Unsupported',
    sentence: sentences.unsupported,
    requires: { description: 'no capability staging', isMet: (_, info) => !info.capabilities.staging },
    async check({ port, random }) {
      if (port.stage === undefined) return
      await expectRejection(() => port.stage?.(random.bytes(3), { size: 3 }), 'Unsupported', 'stage')
    },
  },
  {
    id: 'stage-publish',
    member: 'stage',
    title: 'a published body is a blob like any other',
    sentence: sentences.publish,
    requires: stagingRequired,
    async check({ port, random }) {
      for (const size of [0, 10, 70_000]) {
        const bytes = random.bytes(size)
        for (const body of [bytes.slice(), inPieces(bytes, 9_000)]) {
          const key = anyKey(random)
          await (await stage(port, body, size)).publish(key)
          await expectBlob(port, key, bytes, 'get of a published blob')
        }
      }
    },
  },
  {
    id: 'stage-hidden',
    member: 'stage',
    title: 'nothing of a staged body is visible before publish',
    sentence: sentences.hidden,
    requires: stagingRequired,
    async check({ port, random }) {
      const staged = await stage(port, random.bytes(100), 100)
      expectEqual(await listedKeys(port), [], 'list while a body is staged')
      await staged.publish('ab/cd')
      expectEqual(await listedKeys(port), ['ab/cd'], 'list after publish')
    },
  },
  {
    id: 'stage-discard',
    member: 'stage',
    title: 'a discarded body leaves nothing',
    sentence: sentences.discard,
    requires: stagingRequired,
    async check({ port, random }) {
      const staged = await stage(port, random.bytes(100), 100)
      await staged.discard()
      expectEqual(await listedKeys(port), [], 'list after discard')
    },
  },
  {
    id: 'stage-size',
    member: 'stage',
    title: 'a staged body of the wrong size is refused',
    sentence: sentences.size,
    requires: stagingRequired,
    async check({ port, random }) {
      const bytes = random.bytes(100)
      for (const size of [99, 101, -1, 1.5]) {
        await expectRejection(() => port.stage?.(bytes.slice(), { size }), 'InvalidArgument', `stage of 100 bytes as ${size}`)
        await expectRejection(
          () => port.stage?.(inPieces(bytes, 30), { size }),
          'InvalidArgument',
          `stage of pieces of 100 bytes as ${size}`,
        )
      }
    },
  },
  {
    id: 'stage-owns-nothing',
    member: 'stage',
    title: 'changing a body after stage settled changes nothing stored',
    sentence: sentences.bodyUnchanged,
    requires: stagingRequired,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(1_000)
      const body = bytes.slice()
      const staged = await stage(port, body, body.length)
      body.fill(0)
      await staged.publish(key)
      await expectBlob(port, key, bytes, 'get after the staged body was filled with zeros')
    },
  },
  {
    id: 'stage-again',
    member: 'stage',
    title: 'publishing where the same blob is already succeeds',
    sentence: sentences.again,
    requires: stagingRequired,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(100)
      await put(port, key, bytes)
      await (await stage(port, bytes.slice(), 100)).publish(key)
      await expectBlob(port, key, bytes, 'get after the blob was published again')
    },
  },
  {
    id: 'stage-side-by-side',
    member: 'stage',
    title: 'bodies staged at the same time are published in any order, each under its own key',
    sentence: sentences.anyTime,
    requires: stagingRequired,
    async check({ port, random }) {
      const blobs = ['one', 'two', 'six'].map((name) => ({ key: `side/${name}`, bytes: random.bytes(200) }))
      const staged = await Promise.all(
        blobs.map(async ({ key, bytes }) => ({ key, blob: await stage(port, inPieces(bytes, 50), bytes.length) })),
      )
      for (const { key, blob } of random.shuffle(staged)) await blob.publish(key)
      for (const { key, bytes } of blobs) await expectBlob(port, key, bytes, 'get of one of three blobs staged together')
    },
  },
  {
    id: 'stage-durable',
    member: 'stage',
    title: 'a published blob is whole after the namespace was closed and opened again',
    sentence: sentences.publish,
    requires: {
      description: 'capability staging, and clients that share a namespace',
      isMet: (subject, info, port) =>
        stagingRequired.isMet(subject, info, port) && clientsShareANamespace<StorageBackend>().isMet(subject, info, port),
    },
    async check({ port, openAnother, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(5_000)
      await (await stage(port, bytes.slice(), bytes.length)).publish(key)
      await port.close()
      await expectBlob(await openAnother(), key, bytes, 'get after closing and opening again')
    },
  },
  {
    id: 'stage-left',
    member: 'stage',
    title: 'a staged body that was neither published nor discarded does not keep close waiting, and is not a blob',
    sentence: sentences.stageLeft,
    requires: stagingRequired,
    deadlineMs: 5_000,
    async check({ port, random }) {
      const key = anyKey(random)
      const staged = await stage(port, random.bytes(100), 100)
      await expectAbsent(port, key, 'stat while a body is staged')
      await port.close()
      await expectRejection(() => staged.publish(key), 'Closed', 'publish after close', key)
    },
  },
]

async function stage(port: StorageBackend, body: BlobBody, size: number): Promise<StagedBlob> {
  const staged = await port.stage?.(body, { size })
  if (staged === undefined) throw new LawBroken('stage is there', { expected: 'a staged blob', actual: undefined })
  return staged
}
