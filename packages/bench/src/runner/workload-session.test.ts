import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { existsOf } from '../acts/exists.ts'
import { listOf } from '../acts/list.ts'
import { listStatOf } from '../acts/list-stat.ts'
import { readOf } from '../acts/read.ts'
import { writeOf } from '../acts/write.ts'
import { writeBatchOf } from '../acts/write-batch.ts'
import { FakeSubject, type Faults } from '../testing/fake-subject.ts'
import { fakeWorkload } from '../testing/fake-workload.ts'
import { times, type Workload } from '../workloads/workload.ts'
import { WorkloadSession } from './workload-session.ts'

const newFiles = fakeWorkload({ acts: (i) => [writeOf(`/new-${i}`, `new ${i}`, 100)] })
const reads = fakeWorkload({ data: 'none', acts: () => [readOf('/file')] })
const sameFile = fakeWorkload({
  clients: 4,
  operations: 4,
  acts: (i) => times(4, (n) => writeOf('/file', `same ${i} ${n}`, 100)),
})
const readWhileWrite = fakeWorkload({
  clients: 2,
  operations: 2,
  acts: (i) => [writeOf('/file', `rw ${i}`, 100), readOf('/file')],
})

describe('a workload session', () => {
  it.each([
    ['overwrites', fakeWorkload()],
    ['new files', newFiles],
    ['reads', reads],
    ['writers of one file', sameFile],
    ['a reader beside a writer', readWhileWrite],
    ['a batch', fakeWorkload({ acts: (i) => [writeBatchOf([{ path: `/b${i}`, content: { key: `b${i}`, size: 9 } }])] })],
    ['exists', fakeWorkload({ acts: () => [existsOf('/nothing')] })],
    [
      'lists',
      fakeWorkload({
        acts: () => [listOf('/'), listStatOf('/')],
      }),
    ],
  ])('accepts %s on a correct file system', async (_, workload) => {
    const { samplesNs, iterations } = await runSession(workload)
    assert.equal(samplesNs.length, 3)
    assert.ok(samplesNs.every((ns) => ns > 0))
    assert.equal(iterations, 5)
  })

  it('counts growth from the end of the preload', async () => {
    const { storedBytes, logicalBytes } = await runSession(newFiles)
    assert.deepEqual({ storedBytes, logicalBytes }, { storedBytes: 500, logicalBytes: 500 })
  })

  it('asks a file system without versions for none', async () => {
    const subject = new FakeSubject({}, { keepsVersions: false })
    await runSession(fakeWorkload(), {}, subject)
  })
})

describe('a result is void', () => {
  it('when a read returns a wrong byte', () => assertVoid(reads, { read: flipLastByte }, /nobody wrote/))

  it('when a read returns too little', () => assertVoid(reads, { read: (_, bytes) => bytes.subarray(1) }, /nobody wrote/))

  it('when a write of a new file is dropped', () => {
    return assertVoid(newFiles, { keepsWrite: (path) => path !== '/new-3' }, /does not hold the bytes/)
  })

  it('when an overwrite is dropped', () => {
    let writes = 0
    return assertVoid(fakeWorkload(), { keepsWrite: () => ++writes !== 3 }, /an update is lost|does not hold/)
  })

  it('when two writers get the same version', () => {
    return assertVoid(sameFile, { version: (n) => (n === 4 ? 3 : n) }, /an update is lost|does not hold the bytes/)
  })

  it('when a call throws, with its error', () => assertVoid(newFiles, { writeError: new Error('disk on fire') }, /disk on fire/))

  it('when exists is wrong', () => {
    return assertVoid(fakeWorkload({ acts: () => [existsOf('/file')] }), { exists: false }, /exists of \/file answered false/)
  })

  it('when a list misses a name', () => {
    return assertVoid(fakeWorkload({ acts: () => [listOf('/')] }), { names: [] }, /list of \/ gave 0 wrong names/)
  })

  it('when a read hands out a buffer that is still in use', () => assertVoid(reads, { aliases: true }, /nobody wrote/))

  it('when fewer bytes are stored than different ones were written', () => {
    return assertVoid(newFiles, { storedBytes: -100_000 }, /bytes are stored, where 500 different ones were written/, 'finish')
  })

  it('when a reader beside writers sees a torn file', () => {
    return assertVoid(readWhileWrite, { read: () => new Uint8Array(0) }, /nobody wrote/)
  })

  it('but a torn read of a file system that promises no atomicity is counted', async () => {
    const torn = new FakeSubject({ read: tornOnce() }, { isAtomic: false, keepsVersions: false })
    const session = await WorkloadSession.begin(torn, readWhileWrite, 'seed')
    assert.equal((await session.round(3)).tornReads, 1)
  })
})

it('reads that are to come from the disk are not measured on a file system without one', async () => {
  const cold = { ...reads, cold: { warmed: [] } }
  await assert.rejects(runSession(cold), { code: 'Unsupported', message: /cannot be made cold/ })
})

async function runSession(workload: Workload, faults: Faults = {}, subject: FakeSubject = new FakeSubject(faults)) {
  const session = await WorkloadSession.begin(subject, workload, 'seed')
  await session.round(2)
  const report = await session.round(3)
  return { ...report, ...(await session.finish()) }
}

/** The fault is there after the preload, which is correct. */
async function assertVoid(
  workload: Workload,
  faults: Faults,
  message: RegExp,
  stage: 'round' | 'finish' = 'round',
): Promise<void> {
  const isStored = faults.storedBytes !== undefined
  const subject = new FakeSubject(isStored ? {} : faults)
  const session = await WorkloadSession.begin(subject, workload, 'seed')
  if (stage === 'round') return assert.rejects(session.round(5), { message })
  await session.round(5)
  const inventory = subject.inventory.bind(subject)
  subject.inventory = async () => ({ ...(await inventory()), storedBytes: faults.storedBytes ?? 0 })
  await assert.rejects(session.finish(), { message })
}

function flipLastByte(_: string, bytes: Uint8Array): Uint8Array {
  return bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1)
}

function tornOnce() {
  let reads = 0
  return (_: string, bytes: Uint8Array) => (++reads === 2 ? bytes.subarray(0, 10) : bytes)
}
