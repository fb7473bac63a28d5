import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { LocalBackend, type MetadataStore, type NexusFS } from 'nexusfs'
import { describe, it } from 'vitest'
import { nextMessage, startWorker, type Worker } from './processes.ts'
import { openStore, type ServerPlace, serverPlace, sharedServer } from './server-places.ts'
import { uploadedContent } from './worker.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]
const [leases, heartbeats, contents] = [Buffer.from('p'), Buffer.from('b'), Buffer.from('c/')]
const rounds = 12

/** What was found when the paused client's lease was ended. */
interface Caught {
  /** It had not uploaded what it was to write next. */
  before: number
  /** It had uploaded, and not committed. */
  during: number
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`a client that is paused past its lease, on local-${kind}`, () => {
    it('goes on with a new lease, and no write of its refers to a blob that is gone', async () => {
      await using place = await serverPlace(kind, server?.url ?? '')
      await using fs = await place.open()
      await using store = disposable(await openStore(place))
      const client = startWorker(place, 'uploadUntilStopped', { directory: '/d' })
      const caught: Caught = { before: 0, during: 0 }
      try {
        await client.ready
        client.child.send('go')
        for (let round = 0; round < rounds; round++) await pauseAndFence(client, place, store, caught)
        await nextMessage(client, 'uploaded')
        client.child.send('stop')
        const versions = await client.result
        console.log(`${kind}: ${rounds} leases ended, ${JSON.stringify(caught)}; ${versions.length} files`)
        await assertAllThere(fs, versions)
      } finally {
        client.child.kill('SIGKILL')
      }
    })
  })
}

/** Pauses the client at any moment of its writes, ends its lease as another process does, and removes the blobs nobody refers to. */
async function pauseAndFence(client: Worker<unknown>, place: ServerPlace, store: MetadataStore, caught: Caught): Promise<void> {
  await nextMessage(client, 'uploaded')
  await sleep(Math.random() * 4)
  client.child.kill('SIGSTOP')
  const ended = await endLeases(store)
  assert.equal(ended, 1, 'the client has no lease')
  const removed = await removeOrphans(place, store)
  if (removed > 0) caught.during++
  else caught.before++
  client.child.kill('SIGCONT')
  await nextMessage(client, 'uploaded')
}

async function endLeases(store: MetadataStore): Promise<number> {
  const { scan } = await store.read({ scan: [leases, heartbeats].map((group) => ({ group, limit: 100 })) })
  const rows = scan.flatMap(({ entries }) => entries)
  if (rows.length === 0) return 0
  const writes = rows.map(({ key }) => ({ kind: 'delete', key }) as const)
  const [result] = await store.commit([{ expect: [], writes }])
  assert.equal(result?.status, 'committed')
  return scan[0]?.entries.length ?? 0
}

/** Blob keys are listed first, rows are read after: as a sweep must. */
async function removeOrphans(place: ServerPlace, store: MetadataStore): Promise<number> {
  await using storage = disposable(await LocalBackend.open({ root: place.folder, durability: 'os' }))
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
  return orphans.length
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
