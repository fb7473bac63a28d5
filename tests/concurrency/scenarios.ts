import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type NexusFS, openNexus, SqliteStore } from 'nexusfs'
import { startTogether, startWorker, temporaryFolder } from './processes.ts'

/** The same scenarios in two sizes: small ones in the fast tier, the promised ones in CI. */

async function withStore(work: (fs: NexusFS, folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const data = join(folder.path, 'data')
  await using fs = await openNexus(data, { durability: 'os', author: 'parent' })
  await work(fs, data)
}

/** Processes add to one number by compare-and-set: no update is lost. */
export async function countTogether(processes: number, times: number): Promise<void> {
  await withStore(async (fs, folder) => {
    await fs.write('/counter', '0')
    const workers = Array.from({ length: processes }, () => startWorker(folder, 'increment', { path: '/counter', times }))
    await startTogether(workers)
    const conflicts = await Promise.all(workers.map(({ result }) => result))
    assert.equal(await fs.readText('/counter'), String(processes * times))
    const stat = await fs.stat('/counter')
    assert.equal(stat?.kind === 'file' && stat.version, processes * times + 1)
    // Few increments may all fit into one turn of the processor.
    const met = conflicts.reduce((a, b) => a + b, 0)
    assert.ok(met > 0 || times < 200, 'the processes never met')
  })
}

/** Processes append to one file, many lines at once in each: every line is there once, in the version that its caller was told. */
export async function appendTogether(processes: number, rounds: number, writers: number): Promise<void> {
  await withStore(async (fs, folder) => {
    const path = '/log'
    const workers = Array.from({ length: processes }, (_, n) =>
      startWorker(folder, 'appendAtOnce', { path, name: `p${n}`, rounds, writers }),
    )
    await startTogether(workers)
    const told = new Map((await Promise.all(workers.map(({ result }) => result))).flatMap((each) => Object.entries(each)))
    const lines = (await fs.readText(path)).trimEnd().split('\n')
    assert.equal(told.size, processes * rounds * writers)
    assert.deepEqual(
      lines.map((line) => told.get(line)),
      Array.from({ length: told.size }, (_, index) => index + 1),
    )
    const etags = new Set<string>()
    for await (const { etag, version } of fs.versions(path)) {
      etags.add(etag)
      assert.equal(await fs.readText(path, { version }), `${lines.slice(0, version).join('\n')}\n`)
    }
    assert.equal(etags.size, told.size)
  })
}

/** Processes create the same paths: each has exactly one winner, whose content is there. */
export async function createTogether(processes: number, files: number): Promise<void> {
  await withStore(async (fs, folder) => {
    const paths = Array.from({ length: files }, (_, n) => `/race/${n % 7}/${n}`)
    const workers = Array.from({ length: processes }, (_, n) => startWorker(folder, 'create', { paths, name: `p${n}` }))
    await startTogether(workers)
    const won = await Promise.all(workers.map(({ result }) => result))
    assert.deepEqual(won.flat().sort(), [...paths].sort())
    for (const [n, mine] of won.entries()) {
      for (const path of mine) {
        const { content, stat } = await fs.readWithStat(path)
        assert.deepEqual([Buffer.from(content).toString(), stat.version], [`p${n}`, 1], path)
      }
    }
  })
}

/** What this process acknowledged, another one reads next. */
export async function readWhatWasAcknowledged(rounds: number): Promise<void> {
  await withStore(async (fs, folder) => {
    const reader = startWorker(folder, 'readOnRequest')
    await reader.ready
    const answer = (): Promise<string> =>
      Promise.race([
        new Promise<string>((resolve) => reader.child.once('message', (message: { text: string }) => resolve(message.text))),
        reader.result.then(() => 'the reader has ended'),
      ])
    const isReady = answer()
    reader.child.send('go')
    assert.equal(await isReady, 'ready')
    for (let round = 0; round < rounds; round++) {
      const text = round % 2 === 0 ? `round ${round}` : `round ${round} `.repeat(100)
      await fs.write('/d/file', text)
      const read = answer()
      reader.child.send('/d/file')
      assert.equal(await read, text)
    }
    reader.stop()
    await reader.result
  })
}

/** Processes write below a directory while it is removed, restored, moved away and back. */
export async function writeBelowWhatMoves(processes: number, rounds: number): Promise<void> {
  await withStore(async (fs, folder) => {
    const names = Array.from({ length: processes }, (_, n) => `w${n}`)
    for (const name of names) await fs.mkdir(`/tree/sub/${name}`, { recursive: true })
    const workers = names.map((name) => startWorker(folder, 'writeUntilStopped', { directory: '/tree/sub', name, files: 5 }))
    await startTogether(workers)
    while ((await fs.usage('/tree')).files < processes) await sleep(20)
    for (let round = 0; round < rounds; round++) {
      await fs.remove(round % 2 === 0 ? '/tree' : '/tree/sub', { recursive: true })
      await sleep(5)
      await fs.restore(round % 2 === 0 ? '/tree' : '/tree/sub')
      await sleep(5)
      await fs.move('/tree', '/elsewhere')
      await sleep(5)
      await fs.move('/elsewhere', '/tree')
      await sleep(5)
    }
    for (const worker of workers) worker.stop()
    const acknowledged = Object.assign({}, ...(await Promise.all(workers.map(({ result }) => result)))) as Record<string, number>
    assert.ok(Object.keys(acknowledged).length >= processes)
    for (const [path, times] of Object.entries(acknowledged)) {
      const stat = await fs.stat(path)
      assert.equal(stat?.kind === 'file' && stat.version, times, `${path}: versions, against acknowledged writes`)
    }
    const { writes } = await checkLog(folder)
    assert.equal(
      writes,
      Object.values(acknowledged).reduce((a, b) => a + b, 0),
    )
  })
}

type LoggedOperation = readonly [kind: string, directory: string, name: string, id: string, version: number, delta: number]

/** Goes through the log in the order of the commits: nothing may be written below a directory that is removed at that moment. */
async function checkLog(folder: string): Promise<{ writes: number }> {
  const store = await SqliteStore.open({ path: join(folder, 'meta.db'), durability: 'os' })
  const parents = new Map<string, string | undefined>([['0'.repeat(32), undefined]])
  const detached = new Set<string>()
  let writes = 0
  for (let from: Uint8Array | undefined; ; ) {
    const { scan } = await store.read({ scan: [{ group: Buffer.from('l'), from, limit: 1000 }] })
    for (const { value } of scan[0]?.entries ?? []) {
      const { o: operations } = JSON.parse(Buffer.from(value).toString()) as { o: readonly LoggedOperation[] }
      for (const [kind, directory, name, id] of operations) {
        if (kind === 'write') {
          writes++
          assertAttached(directory, name, parents, detached)
        } else if (kind === 'remove') {
          detached.add(id)
        } else {
          detached.delete(id)
          parents.set(id, directory)
        }
      }
    }
    const last = scan[0]?.entries.at(-1)
    if (last === undefined || !scan[0]?.hasMore) break
    from = Buffer.concat([last.key.item, Uint8Array.of(0)])
  }
  await store.close()
  return { writes }
}

function assertAttached(
  directory: string,
  name: string,
  parents: ReadonlyMap<string, string | undefined>,
  detached: ReadonlySet<string>,
): void {
  for (let at: string | undefined = directory; at !== undefined; at = parents.get(at)) {
    assert.ok(parents.has(at), `${name} was written in an unknown directory`)
    assert.ok(!detached.has(at), `${name} was written below a removed directory`)
  }
}
