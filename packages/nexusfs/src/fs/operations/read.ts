import type { ByteSpan } from '../../content/stored-chunks.ts'
import { NexusError } from '../../core/errors.ts'
import { type NexusPath, parseNamedPath } from '../../core/path.ts'
import { contentOf, findVersion, piecesOfVersion } from '../commit/content-of-version.ts'
import type { FsContext } from '../commit/context.ts'
import { type FileEntry, toFileEntry } from '../model/entry.ts'
import type { BoundFile } from '../model/head.ts'
import type { RangeOptions, ReadOptions, StreamOptions } from '../model/options.ts'
import { requireFile } from '../resolve/expect-path.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export async function read(fs: FsContext, path: string, options: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { content } = await readVersion(fs, parseNamedPath(path), options)
  return new Uint8Array(content)
}

export async function readText(fs: FsContext, path: string, options: ReadOptions): Promise<string> {
  const { content } = await readVersion(fs, parseNamedPath(path), options)
  return decoder.decode(content)
}

export async function readWithStat(
  fs: FsContext,
  path: string,
  options: ReadOptions,
): Promise<{ content: Uint8Array<ArrayBuffer>; stat: FileEntry }> {
  const target = parseNamedPath(path)
  const { content, file } = await readVersion(fs, target, options)
  return { content: new Uint8Array(content), stat: toFileEntry(target, file.head, file.etag) }
}

/** Of content in chunks only those are read that the range touches. */
export async function readRange(fs: FsContext, path: string, options: RangeOptions): Promise<Uint8Array<ArrayBuffer>> {
  const target = parseNamedPath(path)
  checkRange('readRange', options.start, options.length)
  const file = await versionAt(fs, target, options)
  const span = spanOf(options, file.head.size)
  const range = new Uint8Array(Math.max(0, span.end - span.start))
  let at = 0
  for await (const piece of piecesOfVersion(fs, target, file.head, span, options.signal)) {
    range.set(piece, at)
    at += piece.length
  }
  return range
}

/** Pieces, as pages of one each. */
export async function* readStream(
  fs: FsContext,
  path: string,
  options: StreamOptions,
): AsyncGenerator<readonly Uint8Array<ArrayBuffer>[], void, undefined> {
  const target = parseNamedPath(path)
  checkRange('readStream', options.start ?? 0, options.length)
  const { head } = await versionAt(fs, target, options)
  for await (const piece of piecesOfVersion(fs, target, head, spanOf(options, head.size), options.signal)) yield [piece]
}

function spanOf({ start = 0, length }: StreamOptions, size: number): ByteSpan {
  return { start, end: Math.min(size, length === undefined ? size : start + length) }
}

function checkRange(operation: string, start: number, length = 0): void {
  for (const value of [start, length]) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new NexusError('InvalidArgument', `${operation}: start and length must be whole numbers from 0, not ${value}`)
    }
  }
}

/** Content that nobody may change or hand to a caller, with the version it belongs to, from one snapshot. */
async function readVersion(
  fs: FsContext,
  path: NexusPath,
  options: ReadOptions,
): Promise<{ content: Uint8Array; file: BoundFile }> {
  const file = await versionAt(fs, path, options)
  return { content: await contentOf(fs, path, file.head, options.signal), file }
}

async function versionAt(fs: FsContext, path: NexusPath, { version, signal }: ReadOptions): Promise<BoundFile> {
  const { resolved } = await fs.resolver.resolve(path, { signal })
  return findVersion(fs, path, requireFile(resolved), version, signal)
}
