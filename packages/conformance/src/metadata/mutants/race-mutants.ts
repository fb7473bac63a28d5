import type { Commit, CommitResult, Key, MetadataStore } from 'nexusfs'
import { binaryText, isRangedGroup, keyText } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import {
  entriesIn,
  isPresent,
  type MetadataMutant,
  type Mutate,
  type Options,
  type RangeExpectation,
  sharedState,
  turn,
} from './wrong-store.ts'

export const raceMutants: readonly MetadataMutant[] = [
  {
    id: 'absent-then-act',
    breaks: 'create-race',
    description: '`absent` is checked first, and the writes are applied a moment later',
    mutate: lone(async (commit, port, run) => {
      const absent = commit.expect.find((expectation) => expectation.kind === 'absent')
      if (absent === undefined || (await isPresent(port, absent.key))) return await run(commit)
      await turn()
      return await run({ ...commit, expect: commit.expect.filter((expectation) => expectation !== absent) })
    }),
  },
  {
    id: 'batch-then-act',
    breaks: 'create-staggered',
    description: 'what begins in one turn is serial, but a batch does not wait for the one that is under way',
    mutate: batched(async (commit, port, written, run) => {
      const absent = commit.expect.find((expectation) => expectation.kind === 'absent')
      const isOnly = commit.writes.length === 1 && commit.expect.length === 1
      if (absent === undefined || !isOnly || written.has(keyText(absent.key)) || (await isPresent(port, absent.key))) {
        return await run(commit)
      }
      written.add(keyText(absent.key))
      await turn()
      return await run({ ...commit, expect: [] })
    }),
  },
  {
    id: 'range-then-act',
    breaks: 'no-write-skew',
    description: 'a range is checked first, and the writes are applied a moment later',
    mutate: lone(async (commit, port, run) => {
      const range = commit.expect.find((expectation) => expectation.kind === 'range')
      if (range === undefined || !(await holdsNow(port, range))) return await run(commit)
      await turn()
      return await run({ ...commit, expect: commit.expect.filter((expectation) => expectation !== range) })
    }),
  },
  {
    id: 'group-busy-conflicts',
    breaks: 'no-false-conflict',
    description: 'a create in a group in which another create runs conflicts',
    mutate: lone(async (commit, _port, run, running) => {
      const group = binaryText(commit.writes[0]?.key.group ?? new Uint8Array())
      if (!commit.expect.some(({ kind }) => kind === 'absent')) return await run(commit)
      if (running.has(group)) return [{ status: 'conflict', expectation: 0, found: undefined }]
      return await holding(running, group, () => run(commit))
    }),
  },
  {
    id: 'locks-as-named',
    breaks: 'opposite-keys',
    description: 'keys are locked in the order of the writes, and a deadlock ends in an error',
    mutate: lone(async (commit, _port, run, locked) => {
      if (commit.writes.length > 10 || !commit.writes.every(({ key }) => isRangedGroup(key.group))) return await run(commit)
      return await lockedInOrder(
        commit.writes.map(({ key }) => key),
        locked,
        () => run(commit),
      )
    }),
  },
  {
    id: 'range-lock-upgraded',
    breaks: 'opposite-ranges',
    description: 'two commits that expect and fill one range at a time end in an error',
    mutate: lone(async (commit, _port, run, expected) => {
      const range = commit.expect.find((expectation) => expectation.kind === 'range')
      if (range === undefined) return await run(commit)
      if (commit.writes.some(({ key }) => expected.has(binaryText(key.group)))) throw deadlock()
      return await holding(expected, binaryText(range.range.group), () => run(commit))
    }),
  },
  {
    id: 'busy-beside-large',
    breaks: 'large-beside-small',
    description: 'commits beside a large one are refused',
    mutate: lone(async (commit, _port, run, running) => {
      if (running.has('large')) throw new NexusError('Unavailable', 'the store is busy', { context: { outcome: 'none' } })
      const isLarge = commit.writes.length > 5000 && commit.writes.length <= 10_000
      return isLarge ? await holding(running, 'large', () => run(commit)) : await run(commit)
    }),
  },
]

type Run = (commit: Commit) => Promise<readonly CommitResult[]>
type Wrong = (commit: Commit, port: MetadataStore, run: Run, running: Set<string>) => Promise<readonly CommitResult[]>

/** Changes how a commit that is alone in its list runs; `running` is shared by all clients of the namespace. */
function lone(change: Wrong): Mutate {
  return sharedState(
    () => new Set<string>(),
    (port, running) => ({
      commit: async (list: readonly Commit[], options: Options) => {
        const [commit] = list
        if (commit === undefined || list.length > 1) return await port.commit(list, options)
        return await change(commit, port, (changed) => port.commit([changed], options), running)
      },
    }),
  )
}

type WrongInBatch = (commit: Commit, port: MetadataStore, written: Set<string>, run: Run) => Promise<readonly CommitResult[]>

interface Batch {
  running: Promise<unknown>
  readonly written: Set<string>
}

/** Changes how a commit that is alone in its list runs, one after the other for all that begin in the same microtask. */
function batched(change: WrongInBatch): Mutate {
  return sharedState(
    (): { now: Batch | undefined } => ({ now: undefined }),
    (port, shared) => ({
      commit: async (list: readonly Commit[], options: Options) => {
        const [commit] = list
        if (commit === undefined || list.length > 1) return await port.commit(list, options)
        if (shared.now === undefined) {
          shared.now = { running: Promise.resolve(), written: new Set() }
          queueMicrotask(() => {
            shared.now = undefined
          })
        }
        const batch = shared.now
        const run: Run = (changed) => port.commit([changed], options)
        const mine = batch.running.then(() => change(commit, port, batch.written, run))
        batch.running = mine.catch(() => undefined)
        return await mine
      },
    }),
  )
}

async function holdsNow(port: MetadataStore, expectation: RangeExpectation): Promise<boolean> {
  const entries = await entriesIn(port, expectation)
  const holds = entries.length === expectation.count && entries.every(({ revision }) => revision <= expectation.maxRevision)
  return holds && isRangedGroup(expectation.range.group)
}

async function holding<Value>(held: Set<string>, name: string, work: () => Promise<Value>): Promise<Value> {
  held.add(name)
  try {
    await turn()
    return await work()
  } finally {
    held.delete(name)
  }
}

async function lockedInOrder<Value>(keys: readonly Key[], locked: Set<string>, work: () => Promise<Value>): Promise<Value> {
  const own: string[] = []
  try {
    for (const text of keys.map(keyText)) {
      while (locked.has(text)) {
        if (own.length > 0) throw deadlock()
        await turn()
      }
      locked.add(text)
      own.push(text)
      await turn()
    }
    return await work()
  } finally {
    for (const text of own) locked.delete(text)
  }
}

function deadlock(): NexusError {
  return new NexusError('Unavailable', 'deadlock detected', { context: { outcome: 'none' } })
}
