import { setImmediate } from 'node:timers/promises'
import type {
  Commit,
  CommitResult,
  Expectation,
  MetadataEntry,
  MetadataStore,
  ReadReply,
  ReadRequest,
  Revision,
  Scan,
  ScanPage,
  StoreCallOptions,
  Write,
} from 'nexusfs'
import type { ConformanceSubject } from '../../law.ts'
import { type Mutant, replacing, wrapPorts } from '../../mutant.ts'
import { entryOf, key, pageOf, put, scan } from '../fixtures.ts'

export type MetadataMutant = Mutant<MetadataStore>
export type Mutate = MetadataMutant['mutate']
type Subject = ConformanceSubject<MetadataStore>
type Members = Partial<MetadataStore>

/** Replaces members of each client. */
export function clients(change: (port: MetadataStore) => Members): Mutate {
  return (subject) => wrapPorts(subject, (port) => replacing(port, waiting(port, change(port))))
}

/** Replaces members of each client; what `share` makes belongs to all clients of the namespace. */
export function sharedState<Shared>(share: () => Shared, change: (port: MetadataStore, shared: Shared) => Members): Mutate {
  return (subject: Subject) => {
    const shared = share()
    return wrapPorts(subject, (port) => replacing(port, waiting(port, change(port, shared))))
  }
}

/** A wrong store, too, waits for calls under way before it closes: else each one would break that law as well. */
function waiting(port: MetadataStore, { commit, read, ...members }: Members): Members {
  const calls = new Set<Promise<unknown>>()
  const track = <Value>(call: Promise<Value>): Promise<Value> => {
    calls.add(call)
    return call.finally(() => calls.delete(call))
  }
  return {
    ...members,
    ...(commit && { commit: (...call) => track(commit(...call)) }),
    ...(read && { read: (...call) => track(read(...call)) }),
    close: async () => {
      await Promise.allSettled(calls)
      await (members.close?.() ?? port.close())
    },
  }
}

/** Changes what is asked. */
export function requests(change: (request: ReadRequest) => ReadRequest): Mutate {
  return clients((port) => ({ read: (request, options) => port.read(change(request), options) }))
}

export function scans(change: (scan: Scan) => Scan): Mutate {
  return requests((request) => ({ ...request, scan: request.scan?.map(change) }))
}

/** Changes what is answered. */
export function replies(change: (reply: ReadReply, request: ReadRequest) => ReadReply): Mutate {
  return clients((port) => ({ read: async (request, options) => change(await port.read(request, options), request) }))
}

export function gets(change: (entries: readonly (MetadataEntry | undefined)[]) => ReadReply['get']): Mutate {
  return replies((reply) => ({ ...reply, get: change(reply.get) }))
}

export function pages(change: (page: ScanPage, scan: Scan) => ScanPage): Mutate {
  return replies((reply, request) => ({ ...reply, scan: mapPages(reply, request, change) }))
}

function mapPages(reply: ReadReply, request: ReadRequest, change: (page: ScanPage, scan: Scan) => ScanPage): ScanPage[] {
  return reply.scan.map((page, index) => {
    const asked = request.scan?.[index]
    return asked === undefined ? page : change(page, asked)
  })
}

/** Changes every entry that is handed out. */
export function entries(change: (entry: MetadataEntry) => MetadataEntry): Mutate {
  return replies((reply) => changedEntries(reply, change))
}

export function changedEntries(reply: ReadReply, change: (entry: MetadataEntry) => MetadataEntry): ReadReply {
  return {
    ...reply,
    get: reply.get.map((entry) => entry && change(entry)),
    scan: reply.scan.map((page) => ({ ...page, entries: page.entries.map(change) })),
  }
}

/** Changes each commit before it is made; the port is there to look things up. */
export function commits(
  change: (commit: Commit, port: MetadataStore, index: number, list: readonly Commit[]) => Promise<Commit> | Commit,
): Mutate {
  return clients((port) => ({
    commit: async (list, options) => {
      if (options?.signal?.aborted) return await port.commit(list, options)
      const changed: Commit[] = []
      for (const [index, commit] of list.entries()) changed.push(await change(commit, port, index, list))
      return await port.commit(changed, options)
    },
  }))
}

export function writes(change: (writes: readonly Write[]) => readonly Write[]): Mutate {
  return commits((commit) => ({ ...commit, writes: notEmpty(change(commit.writes), commit.writes) }))
}

/** A commit that has lost its writes still writes something, out of sight. */
export function notEmpty(changed: readonly Write[], given: readonly Write[]): readonly Write[] {
  return changed.length > 0 || given.length === 0 ? changed : [put(key('lost', 'zz'))]
}

/** Changes each expectation of a kind; `undefined` makes it hold. */
export function expectations<Kind extends Expectation['kind']>(
  kind: Kind,
  change: (
    expectation: Extract<Expectation, { kind: Kind }>,
    port: MetadataStore,
    commit: Commit,
  ) => Promise<Expectation | undefined> | Expectation | undefined,
): Mutate {
  return commits(async (commit, port) => {
    const expect: Expectation[] = []
    for (const expectation of commit.expect) {
      const changed = isKind(expectation, kind) && isValid(expectation) ? await change(expectation, port, commit) : expectation
      expect.push(changed ?? held)
    }
    return { ...commit, expect }
  })
}

/** Holds always: takes the place of an expectation that is left out, so that the others keep their index. */
export const held: Expectation = { kind: 'absent', key: key('nothing', 'zz') }

function isValid(expectation: Expectation): boolean {
  return (
    expectation.kind !== 'range' || (Number.isInteger(expectation.count) && expectation.count >= 0 && expectation.count <= 10_000)
  )
}

function isKind<Kind extends Expectation['kind']>(
  expectation: Expectation,
  kind: Kind,
): expectation is Extract<Expectation, { kind: Kind }> {
  return expectation.kind === kind
}

export type RangeExpectation = Extract<Expectation, { kind: 'range' }>

/** The entries that a range expectation is about. */
export async function entriesIn(port: MetadataStore, { range }: RangeExpectation): Promise<readonly MetadataEntry[]> {
  const page = await pageOf(port, { ...scan(range.group), ...range, limit: 10_000 })
  return page.entries
}

export async function isPresent(port: MetadataStore, target: Write['key']): Promise<boolean> {
  return (await entryOf(port, target)) !== undefined
}

/** Changes what is reported. */
export function results(
  change: (results: readonly CommitResult[], commits: readonly Commit[]) => readonly CommitResult[],
): Mutate {
  return clients((port) => ({ commit: async (list, options) => change(await port.commit(list, options), list) }))
}

export function reported(change: (result: CommitResult, commit: Commit | undefined) => CommitResult): Mutate {
  return results((list, given) => list.map((result, index) => change(result, given[index])))
}

export function committedAs(result: CommitResult, change: (revision: Revision) => Revision): CommitResult {
  return result.status === 'committed' ? { ...result, revision: change(result.revision) } : result
}

/** Claims to have committed every list for which the claim is true, and does nothing. */
export function lenient(isTaken: (commit: Commit) => boolean): Mutate {
  return clients((port) => ({
    commit: async (list, options) => {
      if (!list.some(isTaken)) return await port.commit(list, options)
      const revision = await port.horizon(options)
      return list.map(() => ({ status: 'committed', revision }))
    },
  }))
}

/** A client that is opened after another was closed sees the entries only for which that is true; `loaded` is the highest loaded revision. */
export function reopened(isSeen: (entry: MetadataEntry, loaded: number) => boolean): Mutate {
  return sharedState(
    () => ({ wasClosed: false, loaded: 0 }),
    (port, shared) => {
      const isReopened = shared.wasClosed
      const isHere = (entry: MetadataEntry): boolean => !isReopened || isSeen(entry, shared.loaded)
      return {
        load: (entries, options) => port.load(noting(entries, shared), options),
        read: async (request, options) => {
          const reply = await port.read(request, options)
          const scan = reply.scan.map((page) => ({ ...page, entries: page.entries.filter(isHere) }))
          return { ...reply, get: reply.get.map((entry) => (entry && isHere(entry) ? entry : undefined)), scan }
        },
        close: async () => {
          shared.wasClosed = true
          await port.close()
        },
      }
    },
  )
}

async function* noting(
  entries: AsyncIterable<MetadataEntry>,
  shared: { loaded: number },
): AsyncGenerator<MetadataEntry, void, undefined> {
  for await (const entry of entries) {
    shared.loaded = Math.max(shared.loaded, entry.revision)
    yield entry
  }
}

/** Answers every read for which the claim is true with nothing. */
export function lenientRead(isTaken: (request: ReadRequest) => boolean): Mutate {
  return clients((port) => ({
    read: async (request, options) => (isTaken(request) ? await port.read({}, options) : await port.read(request, options)),
  }))
}

/** Lets others run. */
export async function turn(): Promise<void> {
  await setImmediate()
}

export type Options = StoreCallOptions | undefined
