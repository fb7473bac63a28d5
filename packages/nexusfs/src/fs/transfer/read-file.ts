import type { BigIntStats } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContentStore } from '../../content/content-store.ts'
import type { IncomingContent } from '../../content/incoming-content.ts'
import { throwIfAborted } from '../../core/errors.ts'
import { nothingApplied } from '../commit/mutation.ts'
import type { LeftOutReason } from '../model/left-out.ts'
import { closeDescriptor, type LocalCall, openLocal, readDescriptor, stampOf, statOf, whyNot } from './local-file.ts'

/** How often a file is read that changes meanwhile, and the pauses before it is read again, in milliseconds. */
const pauses = [0, 20, 200]

/** A file as it was at one moment, or why it cannot be had; `later` if there is no room for it now. */
export type LocalContent =
  | {
      readonly kind: 'content'
      readonly incoming: IncomingContent
      readonly seen: BigIntStats
      readonly stamp: string | undefined
    }
  | { readonly kind: 'later' }
  | { readonly kind: 'left out'; readonly why: LeftOutReason }

/** A call that takes in what it reads. */
export interface ReadCall extends LocalCall {
  readonly content: ContentStore
  readonly room: ReadRoom
  /** Bytes of a large file, as they are read; less than none for one that is read to its end, or will be read again. */
  onBytes(bytes: number): void
}

/** Bytes that may be read before a commit; a file that is larger than all of it has it to itself. */
export class ReadRoom {
  readonly #most: number
  #taken = 0

  constructor(most: number) {
    this.#most = most
  }

  take(bytes: number): boolean {
    if (this.#taken > 0 && this.#taken + bytes > this.#most) return false
    this.#taken += bytes
    return true
  }
}

/**
 * Takes in a file that a survey has found, if it is still what stands there: never through a link, also none above it; never from a pipe; and
 * again if it changes while it is read. A large one is stored while it is read, and nothing of it stays if it changes.
 * @param location its real path
 * @throws {NexusError} Aborted; Unavailable if no more files can be opened; what storing throws
 */
export async function readLocal(location: string, call: ReadCall): Promise<LocalContent> {
  // A file that is read again has its room, also if it grows.
  let isGranted = false
  const grant = (bytes: number): boolean => {
    isGranted ||= call.room.take(bytes)
    return isGranted
  }
  for (const pause of pauses) {
    if (pause > 0) await sleep(pause)
    throwIfAborted(call.signal, 'import')
    const attempt = await readOnce(location, call, grant)
    if (attempt.kind !== 'left out' || attempt.why !== 'changing') return attempt
  }
  return { kind: 'left out', why: 'changing' }
}

async function readOnce(location: string, call: ReadCall, grant: (bytes: number) => boolean): Promise<LocalContent> {
  const opened = await openLocal(location, 0, call)
  if (typeof opened !== 'object') return { kind: 'left out', why: opened }
  const { descriptor, seen } = opened
  const stamp = stampOf(seen, BigInt(Date.now()) * 1_000_000n)
  try {
    if (!seen.isFile()) return { kind: 'left out', why: seen.isDirectory() ? 'changing' : 'special' }
    const size = Number(seen.size)
    if (!grant(size)) return { kind: 'later' }
    const isLarge = size > call.content.chunking.wholeBytes
    const incoming = isLarge ? await takeLarge(descriptor, seen, call) : await takeWhole(descriptor, seen, call)
    return incoming === undefined ? { kind: 'left out', why: 'changing' } : { kind: 'content', incoming, seen, stamp }
  } catch (error) {
    return { kind: 'left out', why: whyNot(location, error) }
  } finally {
    await closeDescriptor(descriptor)
  }
}

/** `undefined` if it changes meanwhile. */
async function takeWhole(
  descriptor: number,
  seen: BigIntStats,
  { content, signal }: ReadCall,
): Promise<IncomingContent | undefined> {
  const bytes = await readWhole(descriptor, Number(seen.size), signal)
  const after = await statOf(descriptor)
  if (bytes === undefined || !isSameState(seen, after)) return undefined
  return content.receive(bytes, signal).catch(nothingApplied)
}

/** The same, a piece at a time. */
async function takeLarge(
  descriptor: number,
  seen: BigIntStats,
  { content, signal, onBytes }: ReadCall,
): Promise<IncomingContent | undefined> {
  let told = 0
  const onPiece = (bytes: number): void => {
    told += bytes
    onBytes(bytes)
  }
  try {
    const pieces = piecesOf(descriptor, Number(seen.size), signal, onPiece)
    const incoming = await content.receiveStream(pieces, signal).catch(nothingApplied)
    try {
      if (incoming.size === Number(seen.size) && isSameState(seen, await statOf(descriptor))) return incoming
    } catch (error) {
      incoming.settle('dropped')
      throw error
    }
    incoming.settle('dropped')
    return undefined
  } finally {
    onBytes(-told)
  }
}

/** `undefined` if it does not have so many bytes any more. */
async function readWhole(
  descriptor: number,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  // Room for one byte more shows whether the file ends there.
  const buffer = Buffer.allocUnsafeSlow(size + 1)
  let filled = 0
  for (let isAtEnd = false; !isAtEnd; ) {
    throwIfAborted(signal, 'import')
    const asked = Math.min(buffer.length - filled, pieceBytes)
    const { bytesRead } = await readDescriptor(descriptor, buffer, filled, asked, filled)
    filled += bytesRead
    isAtEnd = bytesRead < asked || filled > size
  }
  return filled === size ? new Uint8Array(buffer.buffer, 0, size) : undefined
}

/** What is read at once of a file that is taken in whole: a cancelled call ends between two pieces. */
const pieceBytes = 8 * 1024 * 1024
/** And of one that is stored while it is read. */
const streamedBytes = 1024 * 1024

/** A file to its end, or to the first byte behind its size, which shows that it grows; each piece in the same memory. */
async function* piecesOf(
  descriptor: number,
  size: number,
  signal: AbortSignal | undefined,
  onPiece: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(streamedBytes)
  for (let at = 0; at <= size; ) {
    throwIfAborted(signal, 'import')
    const { bytesRead } = await readDescriptor(descriptor, buffer, 0, Math.min(buffer.length, size + 1 - at), at)
    if (bytesRead === 0) return
    at += bytesRead
    onPiece(bytesRead)
    yield buffer.subarray(0, bytesRead)
  }
}

function isSameState(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs
}
