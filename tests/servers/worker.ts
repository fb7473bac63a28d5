import { once } from 'node:events'
import {
  type Commit,
  type CommitResult,
  type Expectation,
  isNexusError,
  type MetadataStore,
  type NexusFS,
  type StoreCallOptions,
} from 'nexusfs'
import { DelayedStore, InterceptedStore } from 'nexusfs/testing'
import { type FixtureName, openFixture } from './server-fixtures.ts'

/** What a process of a test does with a store on a server; the result goes to the parent. */
export interface Jobs {
  /** Adds 1 to a number in a file so many times, by compare-and-set; gives how often another process came first. */
  increment(options: { path: string; times: number }): Promise<number>
  /** Writes one path without preconditions; gives the versions it was told. */
  overwrite(options: { path: string; times: number; name: string }): Promise<number[]>
  /** Creates what does not exist; gives the paths that it won. */
  create(options: { paths: readonly string[]; name: string }): Promise<string[]>
  /** Answers each path that the parent sends with the text of that file. */
  readOnRequest(options: object): Promise<void>
  /** Writes files of 10,000 bytes, one after the other, until the parent says stop; gives the version of each. */
  uploadUntilStopped(options: { directory: string }): Promise<number[]>
}

const jobs: { [Job in keyof Jobs]: (fs: NexusFS, options: Parameters<Jobs[Job]>[0]) => ReturnType<Jobs[Job]> } = {
  increment: async (fs, { path, times }) => {
    let conflicts = 0
    for (let done = 0; done < times; ) {
      const { content, stat } = await fs.readWithStat(path)
      try {
        await fs.write(path, String(Number(Buffer.from(content).toString()) + 1), { ifMatch: stat.etag })
        done++
      } catch (error) {
        if (!isNexusError(error, 'Conflict')) throw error
        conflicts++
      }
    }
    return conflicts
  },

  overwrite: async (fs, { path, times, name }) => {
    const versions: number[] = []
    for (let n = 0; n < times; n++) versions.push((await fs.write(path, `${name} ${n}`)).version)
    return versions
  },

  create: async (fs, { paths, name }) => {
    const won: string[] = []
    for (const path of paths) {
      try {
        await fs.write(path, name, { ifNoneMatch: '*' })
        won.push(path)
      } catch (error) {
        if (!isNexusError(error, 'AlreadyExists')) throw error
      }
    }
    return won
  },

  readOnRequest: (fs) =>
    new Promise<void>((resolve, reject) => {
      process.on('message', (path: string) => {
        if (path === 'stop') return resolve()
        fs.readText(path).then((text) => process.send?.({ text }), reject)
      })
      process.send?.({ text: 'ready' })
    }),

  uploadUntilStopped: async (fs, { directory }) => {
    const versions: number[] = []
    let isStopped = false
    process.on('message', (message) => {
      if (message === 'stop') isStopped = true
    })
    for (let n = 0; !isStopped; n++) {
      const { version } = await fs.write(`${directory}/${n}`, uploadedContent(n))
      versions.push(version)
      process.send?.({ uploaded: n })
    }
    return versions
  },
}

/** Too long to be kept in the metadata store of the test, and different for each number. */
export function uploadedContent(n: number): string {
  return `${n} `.repeat(10_000).slice(0, 10_000)
}

/** Commits whether the lease under which their blobs were uploaded is still there or not: what must never be done. */
class IgnoringLeases extends InterceptedStore {
  constructor(inner: MetadataStore) {
    super(inner, (call) => call.run())
  }

  override commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    const isLease = (expectation: Expectation): boolean => expectation.kind === 'present' && expectation.key.group[0] === 0x70
    return super.commit(
      commits.map((commit) => ({ ...commit, expect: commit.expect.filter((each) => !isLease(each)) })),
      options,
    )
  }
}

/** How a worker's way to its metadata store differs from a plain one. */
export interface WorkerWay {
  /** Milliseconds that every call waits before it is made. */
  readonly latencyMs?: number
  readonly ignoresLeases?: boolean
}

async function work(fixture: string, job: string, options: string, way: string): Promise<void> {
  const name: FixtureName = JSON.parse(fixture)
  const { latencyMs = 0, ignoresLeases = false }: WorkerWay = JSON.parse(way)
  const overMetadata = (store: MetadataStore): MetadataStore => {
    const delayed = latencyMs > 0 ? new DelayedStore(store, latencyMs) : store
    return ignoresLeases ? new IgnoringLeases(delayed) : delayed
  }
  const fs = await openFixture(name, { author: `process ${process.pid}`, inlineBytes: 128, overMetadata })
  try {
    process.send?.({ ready: true })
    await once(process, 'message')
    const run = jobs[job as keyof Jobs] as (fs: NexusFS, options: unknown) => Promise<unknown>
    process.send?.({ result: (await run(fs, JSON.parse(options))) ?? true })
  } finally {
    await fs.close()
    process.disconnect?.()
  }
}

const [fixture, job, options, way] = process.argv.slice(2)
if (import.meta.main && fixture !== undefined && job !== undefined) await work(fixture, job, options ?? '{}', way ?? '{}')
