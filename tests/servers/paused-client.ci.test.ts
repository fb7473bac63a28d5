// Guards: content/process-lease.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { LocalBackend, type MetadataStore, type NexusFS } from 'nexusfs'
import { describe, it } from 'vitest'
import { nextMessage, startWorker, type Worker } from './processes.ts'
import { openStore, type ServerFixture, serverFixture, sharedServer } from './server-fixtures.ts'
import { uploadedContent, type WorkerWay } from './worker.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]
const [leases, heartbeats, contents] = [Buffer.from('p'), Buffer.from('b'), Buffer.from('c/')]
const [fewest, most] = [15, 60]
/** Of a call of the client: how long it reads before it uploads, and commits after. */
const latencyMs = 8

/** Where the client was when its lease was ended. */
interface Caught {
  /** It had not uploaded what it was to write next. */
  before: number
  /** It had uploaded, and not committed. */
  during: number
  /** It had just committed. */
  after: number
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`a client that is paused past its lease, on local-${kind}`, () => {
    it('goes on with a new lease, and no write of its refers to a blob that is gone', async () => {
      await using fixture = await serverFixture(kind, server?.url ?? '')
      const { caught, versions } = await uploadWhileFenced(fixture, { latencyMs })
      console.log(`${kind}: leases ended ${JSON.stringify(caught)} the commit; ${versions.length} files`)
      await assertAllThere(await fixture.open(), versions)
      for (const [moment, hits] of Object.entries(caught)) assert.ok(hits > 0, `never caught ${moment} a commit`)
    })

    it('refers to blobs that are gone if it does not look at its lease, and this test sees it', async () => {
      await using fixture = await serverFixture(kind, server?.url ?? '')
      const { versions } = await uploadWhileFenced(fixture, { latencyMs, ignoresLeases: true })
      await assert.rejects(assertAllThere(await fixture.open(), versions), { code: 'Corrupt', message: /its blob is missing/ })
    })
  })
}

interface FencedUploads {
  readonly caught: Caught
  /** As the client was told them. */
  readonly versions: readonly number[]
}

/** A process uploads file after file, and is paused and fenced until it was caught at every moment. */
async function uploadWhileFenced(fixture: ServerFixture, way: WorkerWay): Promise<FencedUploads> {
  await using store = disposable(await openStore(fixture))
  const caught: Caught = { before: 0, during: 0, after: 0 }
  const client = startWorker(fixture, 'uploadUntilStopped', { directory: '/d' }, way)
  try {
    await client.ready
    client.child.send('go')
    for (let rounds = 0; rounds < fewest || (rounds < most && Math.min(...Object.values(caught)) === 0); rounds++) {
      await pauseAndFence(client, {
        fixture,
        store,
        caught,
        isAtOnce: rounds % 3 === 0,
        mayLackLease: way.ignoresLeases ?? false,
      })
    }
    await nextMessage(client, 'uploaded')
    client.child.send('stop')
    return { caught, versions: await client.result }
  } finally {
    client.child.kill('SIGKILL')
  }
}

interface Fencing {
  readonly fixture: ServerFixture
  readonly store: MetadataStore
  readonly caught: Caught
  /** True = the client is paused as soon as it tells of a commit. */
  readonly isAtOnce: boolean
  /** True = it does not notice that its lease has ended, and takes no other. */
  readonly mayLackLease: boolean
}

/** Pauses the client at any moment of its writes, ends its lease as another process does, and removes the blobs nobody refers to. */
async function pauseAndFence(
  client: Worker<unknown>,
  { fixture, store, caught, isAtOnce, mayLackLease }: Fencing,
): Promise<void> {
  await nextMessage(client, 'uploaded')
  if (!isAtOnce) await sleep(Math.random() * 2.5 * latencyMs)
  client.child.kill('SIGSTOP')
  const ended = await endLeases(store)
  assert.ok(ended.length === 1 || mayLackLease, 'the client has no lease')
  const removed = await removeOrphans(fixture, store)
  // A blob of an earlier lease is what the client had to upload a second time.
  if (removed.some((key) => mayLackLease || ended.some((process) => key.includes(process)))) caught.during++
  else if (isAtOnce) caught.after++
  else caught.before++
  client.child.kill('SIGCONT')
  await nextMessage(client, 'uploaded')
}

/** Gives the ids of the processes that held one. */
async function endLeases(store: MetadataStore): Promise<readonly string[]> {
  const { scan } = await store.read({ scan: [leases, heartbeats].map((group) => ({ group, limit: 100 })) })
  const writes = scan.flatMap(({ entries }) => entries.map(({ key }) => ({ kind: 'delete', key }) as const))
  if (writes.length === 0) return []
  const [result] = await store.commit([{ expect: [], writes }])
  assert.equal(result?.status, 'committed')
  return (scan[0]?.entries ?? []).map(({ key }) => Buffer.from(key.item).toString('hex'))
}

/** Blob keys are listed first, rows are read after: as a sweep must. */
async function removeOrphans(fixture: ServerFixture, store: MetadataStore): Promise<readonly string[]> {
  await using storage = disposable(await LocalBackend.open({ root: fixture.folder, durability: 'os' }))
  const keys: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await storage.list({ after })
    keys.push(...page.blobs.map(({ key }) => key).filter((key) => !key.includes('/witness/')))
    after = page.next
    if (after === undefined) break
  }
  const known = await blobKeysKnown(store)
  const orphans = keys.filter((key) => !known.has(key))
  if (orphans.length > 0) await storage.delete(orphans)
  return orphans
}

async function blobKeysKnown(store: MetadataStore): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  for (let from: Uint8Array | undefined; ; ) {
    const { scan } = await store.read({ scan: [{ group: contents, from, limit: 1000 }] })
    const entries = scan[0]?.entries ?? []
    for (const { value } of entries) {
      const text = Buffer.from(value).toString('latin1')
      for (const [key] of text.matchAll(/[0-9a-f]{32}\/[0-9a-zA-Z/:._-]+/g)) known.add(key)
    }
    const last = entries.at(-1)
    if (last === undefined || !scan[0]?.hasMore) return known
    from = Buffer.concat([last.key.item, Uint8Array.of(0)])
  }
}

async function assertAllThere(fs: NexusFS, versions: readonly number[]): Promise<void> {
  assert.deepEqual(new Set(versions), new Set([1]), 'every file has one version')
  for (const n of versions.keys()) {
    const path = `/d/${n}`
    assert.equal(await fs.readText(path), uploadedContent(n))
    const stat = await fs.stat(path)
    assert.equal(stat?.kind === 'file' && stat.version, 1, path)
  }
  assert.equal((await fs.usage('/d')).files, versions.length)
}

function disposable<T extends { close(): Promise<void> }>(it: T): T & AsyncDisposable {
  return Object.assign(it, { [Symbol.asyncDispose]: () => it.close() })
}
