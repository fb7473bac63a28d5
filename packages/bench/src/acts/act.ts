import { NexusError } from '../library.ts'
import type { ContentOf, ContentRef } from './content-source.ts'
import type { ExpectedTree } from './expected-tree.ts'
import type { Subject } from './subject.ts'

/**
 * A kind of call, whole, in one module: what it changes, what it must be answered, how it is made, and how its answer is
 * checked.
 */
export interface Act {
  /** `write`, `read`: for messages. */
  readonly name: string
  /** Files that it writes, in order. */
  readonly writes?: readonly PlannedFile[]
  /** Bytes that the caller gives, if they are not all that the file then holds. */
  readonly given?: number
  /** Files that it removes. */
  readonly removes?: readonly string[]
  /** Files that must be there before it. */
  readonly needs?: readonly string[]
  /** Works out, before the clock starts, what it must be answered, and makes its call ready to go. */
  plan(before: Before): PlannedCall
}

export interface PlannedFile {
  readonly path: string
  readonly content: ContentRef
}

/** What is known when an act is planned. */
export interface Before {
  /** What is there when the call is made. */
  readonly tree: ExpectedTree
  /** What callers write at the same time; nothing where acts follow each other. */
  readonly meanwhile: readonly PlannedFile[]
  readonly contentOf: ContentOf
}

/** A call that is ready to go: nothing is prepared while the clock runs. */
export interface PlannedCall {
  call(subject: Subject): Promise<void>
  /**
   * After the clock has stopped.
   * @throws {NexusError} Corrupt for a wrong answer
   */
  verify(checks: Checks): void
}

/** What a round collects about its answers, to compare it with what is stored. */
export interface Checks {
  /**
   * Bytes that were read: they must be one of these contents, whole; more than one only where writers are at work at the same
   * time.
   */
  read(path: string, bytes: Uint8Array, accepts: readonly ContentRef[]): void
  /** A write that was acknowledged, with its version where there are versions. */
  wrote(file: PlannedFile, version: number | undefined): void
}

/** Binds a call to the check of its answer. */
export function planned<Answer>(
  call: (subject: Subject) => Promise<Answer>,
  verify: (answer: Answer, checks: Checks) => void,
): PlannedCall {
  let answered: { readonly answer: Answer } | undefined
  return {
    call: async (subject) => {
      answered = { answer: await call(subject) }
    },
    verify: (checks) => {
      if (answered === undefined) throw wrong('a call has no answer')
      verify(answered.answer, checks)
    },
  }
}

/** A wrong answer, which voids the result. */
export function wrong(what: string): NexusError {
  return new NexusError('Corrupt', what)
}
