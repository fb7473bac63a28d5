import { NexusError } from './errors.ts'

declare const revisionBrand: unique symbol

/**
 * The number of a commit: below 2^53, growing. `epoch * 2^43 + counter`: the epoch is raised after a restore, so
 * that no number is ever issued twice.
 */
export type Revision = number & { readonly [revisionBrand]: true }

/** Counters of one epoch stay below this. */
export const revisionsPerEpoch: number = 2 ** 43

/** Before the first commit. */
export const revisionZero: Revision = 0 as Revision

/**
 * @throws {NexusError} InvalidArgument unless `value` is a whole number from 0 to 2^53 - 1
 */
export function toRevision(value: number): Revision {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new NexusError('InvalidArgument', `not a revision: ${value}`, {
      advice: 'a revision is a whole number from 0 to 2^53 - 1',
    })
  }
  return value as Revision
}

/** The revision after this one in the same epoch. */
export function nextRevision(revision: Revision): Revision {
  return toRevision(revision + 1)
}

export function epochOf(revision: Revision): number {
  return Math.floor(revision / revisionsPerEpoch)
}
