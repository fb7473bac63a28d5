import type { BigIntStats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { compareBytes, fromUtf8 } from '../core/bytes.ts'
import { NexusError, throwIfAborted } from '../core/errors.ts'
import { localError } from './local-error.ts'
import type { ImportOptions } from './options.ts'
import type { StoreFiles } from './store-files.ts'
import { nearestTime } from './times.ts'

/** A file or directory of the local file system that is to be imported. */
export interface LocalItem {
  readonly kind: 'file' | 'directory'
  /** Names below the source; empty for the source itself. */
  readonly names: readonly string[]
  /** Where to read it. */
  readonly location: string
  /** In bytes. */
  readonly size: number
  readonly executable: boolean
  readonly modifiedAt: number
  readonly modifiedNanoseconds: number
}

export interface Survey {
  /** Directories before what is in them, names in byte order. */
  readonly items: readonly LocalItem[]
  readonly skippedLinks: number
  /** What belongs to a store: paths below the source. */
  readonly leftOut: readonly string[]
}

const nanosPerMilli = 1_000_000n

/** How many refused paths an error lists. */
const listed = 10

/**
 * Looks at everything below a local path, and opens no file. The files of stores are left out, with the folders that hold nothing else.
 * @throws {NexusError} NotFound, PermissionDenied; InvalidArgument with a list of what cannot be imported: links (unless they are to be
 * skipped or followed), sockets, devices, names that are not UTF-8
 */
export async function surveyLocal(source: string, options: ImportOptions, storeFiles: StoreFiles): Promise<Survey> {
  const surveyor = new Surveyor(await realpath(source).catch(localError('import', source)), options, storeFiles)
  await surveyor.visit(surveyor.root, [], [])
  surveyor.refuseAny()
  return { items: surveyor.items, skippedLinks: surveyor.skippedLinks, leftOut: surveyor.leftOut }
}

class Surveyor {
  readonly root: string
  readonly items: LocalItem[] = []
  readonly leftOut: string[] = []
  skippedLinks = 0
  readonly #options: ImportOptions
  readonly #storeFiles: StoreFiles
  readonly #refused: string[] = []

  constructor(root: string, options: ImportOptions, storeFiles: StoreFiles) {
    this.root = root
    this.#options = options
    this.#storeFiles = storeFiles
  }

  /** @param above real paths of the directories on the way, against links that lead in circles */
  async visit(location: string, names: readonly string[], above: readonly string[]): Promise<void> {
    throwIfAborted(this.#options.signal, 'import')
    const seen = await lstat(location, { bigint: true }).catch(localError('import', location))
    if (seen.isSymbolicLink()) return this.#visitLink(location, names, above)
    await this.#visitTarget(location, names, above, seen)
  }

  async #visitTarget(location: string, names: readonly string[], above: readonly string[], seen: BigIntStats): Promise<void> {
    if (this.#storeFiles.has(seen)) {
      this.leftOut.push(names.join('/'))
    } else if (seen.isDirectory()) {
      await this.#visitDirectory(location, names, above, seen)
    } else if (seen.isFile()) {
      this.items.push(toItem('file', location, names, seen))
    } else {
      this.#refuse(names, 'neither a file nor a directory')
    }
  }

  async #visitDirectory(location: string, names: readonly string[], above: readonly string[], seen: BigIntStats): Promise<void> {
    const found = await this.#names(location)
    if (this.#storeFiles.isStoreFolder(seen, found)) {
      if (names.length === 0) throw isStore(location)
      this.leftOut.push(names.join('/'))
      return
    }
    this.items.push(toItem('directory', location, names, seen))
    for (const name of found) {
      if (this.#storeFiles.hasName(seen, name)) this.leftOut.push([...names, name].join('/'))
      else await this.visit(join(location, name), [...names, name], [...above, location])
    }
  }

  async #visitLink(location: string, names: readonly string[], above: readonly string[]): Promise<void> {
    const { links = 'refuse' } = this.#options
    if (links === 'skip') this.skippedLinks++
    if (links === 'refuse') this.#refuse(names, 'symbolic link')
    if (links !== 'follow') return
    const target = await realpath(location).catch(() => undefined)
    if (target === undefined) return this.#refuse(names, 'link to nothing')
    if (!`${target}${sep}`.startsWith(`${this.root}${sep}`)) return this.#refuse(names, 'link to outside the tree')
    if (above.includes(target)) return this.#refuse(names, 'link in a circle')
    await this.#visitTarget(target, names, above, await stat(target, { bigint: true }).catch(localError('import', target)))
  }

  async #names(location: string): Promise<string[]> {
    const found = await readdir(location, { encoding: 'buffer' }).catch(localError('import', location))
    const names: string[] = []
    for (const bytes of found.sort(compareBytes)) {
      try {
        names.push(fromUtf8(bytes))
      } catch {
        this.#refuse([location, bytes.toString('latin1')], 'name is not UTF-8')
      }
    }
    return names
  }

  #refuse(names: readonly string[], why: string): void {
    this.#refused.push(`${names.join('/')} (${why})`)
  }

  refuseAny(): void {
    const count = this.#refused.length
    if (count === 0) return
    const more = count > listed ? `, and ${count - listed} more` : ''
    throw new NexusError(
      'InvalidArgument',
      `import: ${count} cannot be imported: ${this.#refused.slice(0, listed).join(', ')}${more}; links can be skipped or followed`,
      {
        context: { refused: count },
      },
    )
  }
}

function isStore(location: string): NexusError {
  const fix = 'open it with --store to read it; `nexus backup` copies it'
  return new NexusError('InvalidArgument', `import: ${location} is a store of Nexus; ${fix}`, {
    operation: 'import',
    context: { location },
  })
}

function toItem(kind: LocalItem['kind'], location: string, names: readonly string[], seen: BigIntStats): LocalItem {
  return {
    kind,
    names,
    location,
    size: kind === 'file' ? Number(seen.size) : 0,
    executable: kind === 'file' && (seen.mode & 0o111n) !== 0n,
    ...toTime(seen.mtimeNs),
  }
}

/** Whole milliseconds, and what they leave out; before 1970 too, the rest is not negative. */
function toTime(mtimeNs: bigint): Pick<LocalItem, 'modifiedAt' | 'modifiedNanoseconds'> {
  const rest = ((mtimeNs % nanosPerMilli) + nanosPerMilli) % nanosPerMilli
  return { modifiedAt: nearestTime(Number((mtimeNs - rest) / nanosPerMilli)), modifiedNanoseconds: Number(rest) }
}
