import type { ByteSpan } from '../../content/stored-chunks.ts'
import { digestOf } from '../../core/digest.ts'
import { isNexusError, NexusError } from '../../core/errors.ts'
import type { NexusPath } from '../../core/path.ts'
import { orAborted } from '../../engine-kit/deadline.ts'
import { versionKey } from '../../metadata/keyspace.ts'
import type { Bound, BoundFile, BoundLink, FileHead } from '../model/head.ts'
import { decodeHead } from '../model/head-codec.ts'
import type { FsContext } from './context.ts'

/**
 * A version of the file or link that stands at a path: the one it is at, or an older one of its history.
 * @throws {NexusError} InvalidArgument unless `version` is 1 or more, NotFound if there is no such version
 */
export async function findVersion<Kept extends BoundFile | BoundLink>(
  fs: FsContext,
  path: NexusPath,
  current: Kept,
  version: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Kept> {
  if (version === undefined || version === current.head.version) return current
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new NexusError('InvalidArgument', `a version is a whole number from 1, not ${version}`)
  }
  const reply =
    version > current.head.version
      ? undefined
      : await fs.metadata.read({ get: [versionKey(current.head.id, version)] }, { signal })
  const entry = reply?.get[0]
  const bound = entry && decodeHead(entry)
  if (isOfKind(bound, current)) return bound
  throw new NexusError('NotFound', `${path} has no version ${version}`, {
    advice: `the latest is ${current.head.version}`,
    context: { path, version },
  })
}

function isOfKind<Kept extends Bound>(bound: Bound | undefined, { head }: Kept): bound is Kept {
  return bound?.head.kind === head.kind
}

const empty = new Uint8Array(0)

/**
 * The verified content of a version, in an array that nobody may change or hand to a caller.
 * @throws {NexusError} Corrupt, with path and digest; nothing of damaged content is returned
 */
export async function contentOf(
  fs: FsContext,
  path: NexusPath,
  head: FileHead,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (head.size === 0) return empty
  if (head.bytes !== undefined) return verifiedTiny(path, head, head.bytes)
  const cached = fs.content.cached(head.digest)
  if (cached !== undefined) return ofItsSize(path, head, cached)
  const bytes = await orAborted(() => fs.content.read(head.digest), signal, 'read').catch(withPath(path, head))
  if (bytes !== undefined) return ofItsSize(path, head, bytes)
  throw lostContent(path, head)
}

function lostContent(path: NexusPath, { digest }: FileHead): NexusError {
  return new NexusError('Corrupt', `${path}: the store has lost the content ${digest}`, {
    advice: 'write the file again or restore it from a backup',
    context: { path, digest },
  })
}

/**
 * A part of a version, verified, in pieces that belong to the caller.
 * @throws {NexusError} Corrupt, with path and digest, and Aborted: when the piece is asked for that they hold back
 */
export async function* piecesOfVersion(
  fs: FsContext,
  path: NexusPath,
  head: FileHead,
  { start, end }: ByteSpan,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const span = { start, end: Math.min(end, head.size) }
  if (span.start >= span.end) return
  if (head.bytes !== undefined) {
    yield new Uint8Array(verifiedTiny(path, head, head.bytes).subarray(span.start, span.end))
    return
  }
  let left = span.end - span.start
  try {
    const pieces = await fs.content.stream(head, span, signal)
    if (pieces === undefined) throw lostContent(path, head)
    for await (const piece of pieces) {
      left -= piece.length
      yield piece
    }
  } catch (error) {
    withPath(path, head)(error)
  }
  if (left !== 0)
    throw sizeMismatch(path, head, `${span.end - span.start - left} bytes of the ${span.end - span.start} that were asked for`)
}

/** The bytes are those of the digest; what says another size of them is the head. */
function ofItsSize(path: NexusPath, head: FileHead, bytes: Uint8Array): Uint8Array {
  if (bytes.length === head.size) return bytes
  throw sizeMismatch(path, head, `${bytes.length}`)
}

function sizeMismatch(path: NexusPath, head: FileHead, has: string): NexusError {
  const what = `its entry says ${head.size} bytes, and its content has ${has}`
  return damaged(path, head, new NexusError('Corrupt', what, { advice: 'write the file again or restore it from a backup' }))
}

const verifiedHeads = new WeakSet<FileHead>()

/** Bytes in a head are verified as all content is, once for each head. */
function verifiedTiny(path: NexusPath, head: FileHead, bytes: Uint8Array): Uint8Array {
  if (verifiedHeads.has(head)) return bytes
  const actual = digestOf(bytes)
  if (actual !== head.digest) {
    const what = `content ${head.digest} is damaged: its bytes have the digest ${actual}`
    throw damaged(path, head, new NexusError('Corrupt', what, { advice: 'write the file again or restore it from a backup' }))
  }
  verifiedHeads.add(head)
  return bytes
}

/** Says of damage which path has met it. */
export function withPath(path: NexusPath, head: FileHead): (error: unknown) => never {
  return (error) => {
    throw isNexusError(error, 'Corrupt') ? damaged(path, head, error) : error
  }
}

function damaged(path: NexusPath, { digest }: FileHead, cause: NexusError): NexusError {
  return cause.with({ code: 'Corrupt', summary: `${path}: ${cause.summary}`, context: { path, digest } })
}
