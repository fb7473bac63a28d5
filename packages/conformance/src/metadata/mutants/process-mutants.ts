import { setTimeout } from 'node:timers/promises'
import type { Commit, CommitResult, Expectation, MetadataStore, ReadReply, ReadRequest, Revision } from 'nexusfs'
import { isRangedGroup, nextRevision, revisionZero, toRevision } from 'nexusfs/adapter-kit'
import { entryOf } from '../fixtures.ts'
import { committedAs, entriesIn, held, isPresent, type MetadataMutant, type Mutate, sharedState } from './wrong-store.ts'

/**
 * Right for all clients of one process, which have something in common, and wrong for those of two. What `sharedState` shares is shared in a
 * process: the other one makes its own.
 */
export const mutants: readonly MetadataMutant[] = [
  {
    id: 'caches-in-its-process',
    breaks: 'processes-see-commits',
    description: 'answers are kept for 50 ms, or until a client of the process commits',
    mutate: sharedState(
      () => new Answers(),
      (port, answers) => ({
        read: (request, options) => (options === undefined ? answers.of(port, request) : port.read(request, options)),
        commit: (commits, options) => answers.changing(() => port.commit(commits, options)),
        load: (entries, options) => answers.changing(() => port.load(entries, options)),
      }),
    ),
  },
  {
    id: 'counts-behind-a-lock-of-its-process',
    breaks: 'processes-serial',
    description: '`at` is checked and the writes are applied a moment later, behind a lock that only the process knows',
    mutate: locked('at', async (expectation, port) => {
      const entry = await entryOf(port, expectation.key)
      return entry?.revision === expectation.revision
    }),
  },
  {
    id: 'creates-behind-a-lock-of-its-process',
    breaks: 'processes-create-race',
    description: '`absent` is checked and the writes are applied a moment later, behind a lock that only the process knows',
    mutate: locked('absent', async (expectation, port) => !(await isPresent(port, expectation.key))),
  },
  {
    id: 'ranges-behind-a-lock-of-its-process',
    breaks: 'processes-no-write-skew',
    description: 'a range is checked and the writes are applied a moment later, behind a lock that only the process knows',
    mutate: locked('range', async (expectation, port) => {
      if (!isRangedGroup(expectation.range.group)) return false
      const entries = await entriesIn(port, expectation)
      return entries.length === expectation.count && entries.every(({ revision }) => revision <= expectation.maxRevision)
    }),
  },
  {
    id: 'numbers-of-its-process',
    breaks: 'processes-real-time',
    description: 'a commit is reported with the number after the last that the process was told',
    mutate: sharedState(
      () => ({ last: revisionZero }),
      (port, told) => ({
        commit: async (commits, options) => {
          const results = await port.commit(commits, options)
          return results.map((result) => {
            const next = told.last === revisionZero ? undefined : nextRevision(told.last)
            const numbered = committedAs(result, (revision) => (next !== undefined && next < revision ? next : revision))
            return noting(numbered, told)
          })
        },
        load: async (entries, options) => {
          told.last = revisionZero
          await port.load(entries, options)
        },
        ...raising(port, told),
      }),
    ),
  },
  {
    id: 'horizon-of-its-process',
    breaks: 'processes-see-horizon',
    description: 'the horizon is the highest revision that the process was told, and what it was when the process first asked',
    mutate: sharedState(
      () => ({ last: revisionZero }),
      (port, told) => ({
        horizon: async (options) => {
          const horizon = await port.horizon(options)
          if (told.last === revisionZero) told.last = horizon
          return toRevision(Math.min(horizon, told.last))
        },
        commit: async (commits, options) => (await port.commit(commits, options)).map((result) => noting(result, told)),
        ...raising(port, told),
      }),
    ),
  },
  {
    id: 'watch-of-its-process',
    breaks: 'processes-watch',
    description: 'a watch hears of the commits of its process',
    mutate: sharedState(
      () => new Set<() => void>(),
      (port, listeners) => ({
        watch: async (listener, options) => {
          const watch = await port.watch?.(() => {}, options)
          const own = (): void => listener()
          listeners.add(own)
          return {
            close: async () => {
              listeners.delete(own)
              await watch?.close()
            },
          }
        },
        commit: async (commits, options) => {
          const results = await port.commit(commits, options)
          for (const listener of listeners) listener()
          return results
        },
      }),
    ),
  },
].map((mutant) => ({ ...mutant, table: import.meta.url }))

function noting(result: CommitResult, told: { last: Revision }): CommitResult {
  if (result.status === 'committed' && result.revision > told.last) told.last = result.revision
  return result
}

/** The process is told of the epoch that it raises itself. */
function raising(port: MetadataStore, told: { last: Revision }): Pick<MetadataStore, 'raiseEpoch'> {
  if (port.raiseEpoch === undefined) return {}
  return {
    raiseEpoch: async (options) => {
      told.last = (await port.raiseEpoch?.(options)) ?? told.last
      return told.last
    },
  }
}

/** A cache that all clients of a process share. */
class Answers {
  readonly #kept = new Map<string, { readonly reply: ReadReply; readonly until: number }>()
  #changes = 0

  async of(port: MetadataStore, request: ReadRequest): Promise<ReadReply> {
    const name = JSON.stringify(request, (_, value) => (value instanceof Uint8Array ? [...value] : value))
    const kept = this.#kept.get(name)
    if (kept !== undefined && performance.now() < kept.until) return { ...kept.reply, time: Date.now() }
    const changes = this.#changes
    const reply = await port.read(request)
    if (changes === this.#changes) this.#kept.set(name, { reply, until: performance.now() + 50 })
    return reply
  }

  async changing<Value>(change: () => Promise<Value>): Promise<Value> {
    this.#forget()
    try {
      return await change()
    } finally {
      this.#forget()
    }
  }

  #forget(): void {
    this.#changes += 1
    this.#kept.clear()
  }
}

type Kind = Exclude<Expectation['kind'], 'present'>
type OfKind<Name extends Kind> = Extract<Expectation, { readonly kind: Name }>

/** Commits take turns within the process; one that expects something of the kind waits a moment after it was found to hold. */
function locked<Name extends Kind>(
  kind: Name,
  holds: (expectation: OfKind<Name>, port: MetadataStore) => Promise<boolean>,
): Mutate {
  const isMeant = (expectation: Expectation): expectation is OfKind<Name> => expectation.kind === kind
  return sharedState(
    (): { turn: Promise<unknown> } => ({ turn: Promise.resolve() }),
    (port, lock) => ({
      commit: (commits, options) => {
        const run = async (): Promise<readonly CommitResult[]> => {
          const [commit] = commits
          const meant = commits.length === 1 ? commit?.expect.filter(isMeant) : undefined
          const isSmall = commit !== undefined && commit.writes.length <= 2 && options === undefined
          if (!isSmall || meant?.length !== 1 || meant[0] === undefined) return await port.commit(commits, options)
          if (!(await holds(meant[0], port))) return await port.commit(commits)
          await setTimeout(1)
          return await port.commit([relaxed(commit, meant[0])])
        }
        const mine = lock.turn.then(run)
        lock.turn = mine.catch(() => undefined)
        return mine
      },
    }),
  )
}

function relaxed(commit: Commit, left: Expectation): Commit {
  return { ...commit, expect: commit.expect.map((expectation) => (expectation === left ? held : expectation)) }
}
