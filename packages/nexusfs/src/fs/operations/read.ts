import { NexusError } from '../../core/errors.ts'
import { type NexusPath, parseNamedPath } from '../../core/path.ts'
import { contentOf, findVersion } from '../commit/content-of-version.ts'
import type { FsContext } from '../commit/context.ts'
import { type FileEntry, toFileEntry } from '../model/entry.ts'
import type { BoundFile } from '../model/head.ts'
import type { RangeOptions, ReadOptions } from '../model/options.ts'
import { demandFile } from '../resolve/expect-path.ts'

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

/** The whole content is verified, whatever the range. */
export async function readRange(fs: FsContext, path: string, options: RangeOptions): Promise<Uint8Array<ArrayBuffer>> {
  const target = parseNamedPath(path)
  const { start, length } = options
  for (const value of [start, length ?? 0]) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new NexusError('InvalidArgument', `readRange: start and length must be whole numbers from 0, not ${value}`)
    }
  }
  const { content } = await readVersion(fs, target, options)
  return new Uint8Array(content.subarray(start, length === undefined ? undefined : start + length))
}

/** Content that nobody may change or hand to a caller, with the version it belongs to, from one snapshot. */
async function readVersion(
  fs: FsContext,
  path: NexusPath,
  options: ReadOptions,
): Promise<{ content: Uint8Array; file: BoundFile }> {
  const { only } = await fs.resolver.resolve(path, { signal: options.signal })
  const file = await findVersion(fs, path, demandFile(only), options.version, options.signal)
  return { content: await contentOf(fs, path, file.head, options.signal), file }
}
