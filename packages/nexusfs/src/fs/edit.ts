import { orAborted } from '../core/abort.ts'
import { concatBytes } from '../core/bytes.ts'
import { isNexusError, NexusError } from '../core/errors.ts'
import { parsePath } from '../core/path.ts'
import { CallerError } from './calls.ts'
import { contentOf } from './content-of-version.ts'
import type { FsContext } from './context.ts'
import type { FileEntry } from './entry.ts'
import { demandFile, demandPreconditions } from './expect-path.ts'
import { contendedForMs } from './mutation.ts'
import { partOfEdit, refuseNestedEdit } from './nested-edit.ts'
import type { WriteOptions } from './options.ts'
import { ownBytes } from './own-bytes.ts'
import { toFileEntry } from './to-entry.ts'
import { write } from './write.ts'

export type Change = (
  content: Uint8Array<ArrayBuffer> | undefined,
  stat: FileEntry | undefined,
) => string | Uint8Array | Promise<string | Uint8Array>

/** Compare-and-set in a loop; callers in this process take turns, so that they do not spoil each other's attempts. */
export async function edit(fs: FsContext, path: string, change: Change, options: WriteOptions): Promise<FileEntry> {
  const target = parsePath(path)
  if (typeof change !== 'function') throw new NexusError('InvalidArgument', `edit: change is a function, not ${typeof change}`)
  refuseNestedEdit(fs.turns, target)
  const work = async (): Promise<FileEntry> => {
    const deadline = fs.clock.monotonic() + contendedForMs
    for (let tries = 0; ; tries++) {
      const { seen, content } = await look(fs, path, options)
      const next = await orAborted(
        () => partOfEdit(fs.turns, target, () => called(change, content, seen)),
        options.signal,
        'edit',
      )
      try {
        const precondition = seen === undefined ? { ifNoneMatch: '*' as const } : { ifMatch: seen.etag }
        return await write(fs, path, next, { ...options, ifMatch: undefined, ifNoneMatch: undefined, ...precondition })
      } catch (error) {
        const isRace = isNexusError(error, 'Conflict') || isNexusError(error, 'AlreadyExists')
        if (!isRace || fs.clock.monotonic() > deadline) throw error
      }
      await fs.clock.sleep(fs.random.fraction() * Math.min(50, 2 ** tries))
    }
  }
  return fs.turns.take(`edit ${target}`, work, options.signal)
}

export async function append(
  fs: FsContext,
  path: string,
  content: string | Uint8Array,
  options: WriteOptions,
): Promise<FileEntry> {
  const tail = ownBytes(content)
  return edit(fs, path, (before) => (before === undefined ? tail : concatBytes(before, tail)), options)
}

async function called(change: Change, ...seen: Parameters<Change>): Promise<string | Uint8Array> {
  try {
    return await change(...seen)
  } catch (error) {
    throw new CallerError(error)
  }
}

/** The file as it is now, or nothing; the caller's own preconditions hold of it. */
async function look(
  fs: FsContext,
  path: string,
  options: WriteOptions,
): Promise<{ seen: FileEntry | undefined; content: Uint8Array<ArrayBuffer> | undefined }> {
  const target = parsePath(path)
  const { only } = await fs.resolver.resolve(target, { signal: options.signal })
  demandPreconditions(target, only.bound, options)
  if (only.bound === undefined && only.directory === undefined) return { seen: undefined, content: undefined }
  const file = demandFile(only)
  const content = await contentOf(fs, target, file.head, options.signal)
  return { seen: toFileEntry(target, file.head, file.etag), content: new Uint8Array(content) }
}
