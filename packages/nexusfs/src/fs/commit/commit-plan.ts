import type { ReferredContent } from '../../content/incoming-content.ts'
import type { Id } from '../../core/id.ts'
import { type NexusPath, nameOf } from '../../core/path.ts'
import { emptyValue, logKey, operationKey, timeKey } from '../../metadata/keyspace.ts'
import type { Commit, Expectation, Key, Write } from '../../metadata/metadata-store.ts'
import { encodeRecord } from '../../metadata/record.ts'
import { type Head, sizeOf, versionOf } from '../model/head.ts'

/** One line of the log: what happened to a name. */
export interface LogOperation {
  readonly kind: LogKind
  /** The directory in which the name is bound. */
  readonly directory: Id
  readonly name: string
  /** The file, directory or link. */
  readonly id: Id
  /** 0 for a directory. */
  readonly version: number
  /** By how many logical bytes the entries of the directory grew. */
  readonly delta: number
  /** Logical bytes of the version. */
  readonly size: number
}

export type LogKind =
  | 'write'
  | 'mkdir'
  | 'symlink'
  | 'chmod'
  | 'utimes'
  | 'remove'
  | 'rmdir'
  | 'move'
  | 'restore'
  | 'rollback'
  | 'copy'

/** The line for a head that comes to a name, or leaves it, with all its bytes. */
export function lineOf(
  kind: LogKind,
  directory: Id,
  path: NexusPath,
  head: Head,
  way: 'comes' | 'leaves' = 'comes',
): LogOperation {
  const size = sizeOf(head)
  const delta = way === 'comes' ? size : -size
  return { kind, directory, name: nameOf(path), id: head.id, version: versionOf(head), delta, size }
}

/** Who, when and why: the same for all that one commit does. */
export interface CommitStamp {
  readonly commit: Id
  readonly author: string
  readonly reason: string | undefined
  /** Milliseconds since 1970, by the store's clock. */
  readonly time: number
  /** The second whose first commit of this process this is. */
  readonly newSecond: number | undefined
}

/** Counts, and bytes of keys and values. */
export interface PlanSize {
  readonly writes: number
  readonly bytes: number
  readonly expectations: number
}

/** Operations on one page of a log row: with the longest names, in the longest JSON form, they fit into one value. */
const operationsPerPage = 140

/**
 * A change between what its caller wants and the `Commit` of the port: what it expects and writes, as one look at the store showed it. The
 * log row comes last.
 */
export class CommitPlan {
  /** True for a change that only takes something away. */
  makesRoom = false
  /** The store's clock in the snapshot that was looked at, in milliseconds. */
  readonly time: number
  /** Content that it introduces; the caller that received it settles it. */
  contents: readonly ReferredContent[] = []
  readonly #expect: Expectation[] = []
  readonly #expected = new Set<Key>()
  readonly #writes: Write[] = []
  readonly #operations: LogOperation[] = []
  readonly #onCommitted: (() => void)[] = []

  constructor(time: number) {
    this.time = time
  }

  /** What two operations expect of one key object is kept once. */
  expect(...expectations: readonly Expectation[]): void {
    for (const expectation of expectations) {
      if (expectation.kind !== 'range') {
        if (this.#expected.has(expectation.key)) continue
        this.#expected.add(expectation.key)
      }
      this.#expect.push(expectation)
    }
  }

  put(key: Extract<Write, { kind: 'put' }>['key'], value: Uint8Array): void {
    this.#writes.push({ kind: 'put', key, value })
  }

  delete(key: Key): void {
    this.#writes.push({ kind: 'delete', key })
  }

  add(...writes: readonly Write[]): void {
    this.#writes.push(...writes)
  }

  log(operation: LogOperation): void {
    this.#operations.push(operation)
  }

  /** What is known once the plan is committed, such as the ids that it gave away. */
  whenCommitted(learn: () => void): void {
    this.#onCommitted.push(learn)
  }

  committed(): void {
    for (const learn of this.#onCommitted) learn()
  }

  get isEmpty(): boolean {
    return this.#writes.length === 0
  }

  /** How much of what one commit takes is used already, with the log row, but for its author and reason. */
  get used(): PlanSize {
    let bytes = 0
    for (const write of this.#writes) {
      bytes += write.key.group.length + write.key.item.length + (write.kind === 'put' ? write.value.length : 0)
    }
    for (const row of this.#logRow(undefined)) bytes += row.kind === 'put' ? row.value.length : 0
    const writes = this.#writes.length + logRowsOf(this.#operations.length) + 1
    return { writes, bytes, expectations: this.#expect.length + 1 }
  }

  /** The commit. It also expects that nobody has put up the barrier of its id. */
  build(stamp: CommitStamp): Commit {
    const barrier: Expectation = { kind: 'absent', key: operationKey(stamp.commit) }
    const time: Write[] = []
    if (stamp.newSecond !== undefined) time.push({ kind: 'put', key: timeKey(stamp.newSecond), value: emptyValue })
    return { expect: [...this.#expect, barrier], writes: [...this.#writes, ...time, ...this.#logRow(stamp)] }
  }

  #logRow(stamp: CommitStamp | undefined): Write[] {
    const pages: Write[] = []
    const lines = this.#operations.map(({ kind, directory, name, id, version, delta, size }) => [
      kind,
      directory,
      name,
      id,
      version,
      delta,
      size,
    ])
    for (let start = 0; start === 0 || start < lines.length; start += operationsPerPage) {
      const head = start === 0 && stamp ? { i: stamp.commit, t: stamp.time, a: stamp.author, w: stamp.reason } : {}
      const value = encodeRecord({ ...head, o: lines.slice(start, start + operationsPerPage) })
      pages.push({ kind: 'put', key: logKey(start / operationsPerPage), value })
    }
    return pages
  }
}

/** Rows that logging this many operations takes. */
export function logRowsOf(operations: number): number {
  return Math.max(1, Math.ceil(operations / operationsPerPage))
}
