import type { BigIntStats } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { type ErrorCode, NexusError, throwIfAborted } from '../../core/errors.ts'
import { childOf, isLinkTarget, type NexusPath, parsePath } from '../../core/path.ts'
import type { LeftOut, LeftOutReason } from '../model/left-out.ts'
import type { ImportOptions } from '../model/options.ts'
import type { Exclusion } from './exclude.ts'
import { localError } from './local-error.ts'
import { type LocalCall, type LocalDirectory, listLocal, lookAtAll, lookLocal, readLocalLink, whyNot } from './local-file.ts'

/** A file, directory or link of the local file system that is to be imported. */
export type LocalItem = LocalEntry &
  (
    | { readonly kind: 'file' }
    /** With the names in it, also those that are left out; one character a byte. */
    | { readonly kind: 'directory'; readonly names: readonly string[] }
    | { readonly kind: 'link'; readonly target: string }
  )

interface LocalEntry {
  /** Names below the source, joined with `/`; empty for the source itself. */
  readonly below: string
  /** Where it goes in the store. */
  readonly path: NexusPath
  /** Its real path. */
  readonly location: string
  readonly seen: BigIntStats
}

/** What an import looks at, and how. */
export interface SurveyOptions extends LocalCall, Pick<ImportOptions, 'links'> {
  readonly exclusion: Exclusion
  /** Where the source goes in the store. */
  readonly target: NexusPath
  leaveOut(what: LeftOut): void
}

/** Looked at at the same time. */
const width = 64
/** Directories that links may lead to: those of a tree that links to itself again and again are more than anybody wants. */
const mostLinkedDirectories = 10_000

/**
 * Everything below a local path, as it is come upon: directories before what is in them, names in byte order. No file is opened. What
 * cannot be imported is left out: stores, what is excluded, links that are to be skipped, sockets, what may not be looked at.
 * Memory goes with the names in the directories above the current one.
 * @throws {NexusError} NotFound, PermissionDenied or InvalidArgument if the source itself cannot be imported
 */
export async function* surveyLocal(source: string, options: SurveyOptions): AsyncGenerator<LocalItem, void, undefined> {
  const root = await realpath(source).catch(localError('import', source))
  const seen = await lookLocal(root).catch(localError('import', root))
  yield* new Survey(root, options).run({ below: '', path: options.target, location: root, above: undefined }, seen)
}

/** A path on the way, with the directories above it. */
interface Found {
  readonly below: string
  readonly path: NexusPath
  readonly location: string
  readonly above: OpenDirectory | undefined
}

/** A directory that is gone through. */
interface OpenDirectory extends Found, LocalDirectory {
  next: number
  /** What was looked at ahead of `next`. */
  readonly ahead: Map<number, Looked>
}

interface OutOfReach {
  readonly why: LeftOutReason
  readonly below: string
}

type Looked = { readonly found: Found; readonly seen: BigIntStats } | OutOfReach

class Survey {
  readonly #root: string
  readonly #options: SurveyOptions
  #linkedDirectories = 0

  constructor(root: string, options: SurveyOptions) {
    this.#root = root
    this.#options = options
  }

  async *run(source: Found, seen: BigIntStats): AsyncGenerator<LocalItem, void, undefined> {
    let current: OpenDirectory | undefined
    const first = await this.#visit(source, seen)
    if (first === undefined) return
    yield first.item
    current = first.directory
    while (current !== undefined) {
      throwIfAborted(this.#options.signal, 'import')
      const looked = await this.#next(current)
      if (looked === undefined) {
        current = current.above
      } else if ('why' in looked) {
        this.#leaveOut(looked.below, looked.why)
      } else {
        const visited = await this.#visit(looked.found, looked.seen)
        if (visited === undefined) continue
        yield visited.item
        if (visited.directory !== undefined) current = visited.directory
      }
    }
  }

  /** The next name of a directory; `undefined` at its end. */
  async #next(directory: OpenDirectory): Promise<Looked | undefined> {
    if (directory.next >= directory.names.length) return undefined
    if (!directory.ahead.has(directory.next)) await this.#lookAhead(directory)
    const looked = directory.ahead.get(directory.next)
    directory.ahead.delete(directory.next++)
    return looked
  }

  async #lookAhead(directory: OpenDirectory): Promise<void> {
    const names = directory.names.slice(directory.next, directory.next + width)
    const found = names.map((name) => this.#find(directory, name))
    const seen = await lookAtAll(found.flatMap((each) => ('why' in each ? [] : [each.location])))
    let next = 0
    for (const [index, each] of found.entries()) {
      const result = 'why' in each ? undefined : seen[next++]
      if ('why' in each) directory.ahead.set(directory.next + index, each)
      else if (result !== undefined) directory.ahead.set(directory.next + index, judge(each, result))
    }
  }

  #find(above: OpenDirectory, binaryName: string): Found | OutOfReach {
    const name = utf8Name(binaryName)
    const prefix = above.below === '' ? '' : `${above.below}/`
    if (name === undefined) return { why: 'name', below: prefix + spelt(binaryName) }
    const below = prefix + name
    if (this.#options.storeFiles.hasName(above.seen, name)) return { why: 'store', below }
    const path = pathIn(above.path, name)
    if (path === undefined) return { why: 'name', below }
    const location = above.location.endsWith(sep) ? above.location + name : above.location + sep + name
    return { below, path, location, above }
  }

  async #visit(found: Found, seen: BigIntStats): Promise<{ item: LocalItem; directory?: OpenDirectory } | undefined> {
    const { below, path, location } = found
    if (this.#options.exclusion.has(below, seen.isDirectory())) return this.#leaveOut(below, 'excluded')
    if (this.#options.storeFiles.has(seen)) return this.#leaveOut(below, 'store')
    if (seen.isSymbolicLink()) return this.#visitLink(found, seen)
    if (seen.isDirectory()) return this.#visitDirectory(found, seen)
    if (!seen.isFile()) return this.#refuse(found, 'special')
    return { item: { kind: 'file', below, path, location, seen } }
  }

  async #visitDirectory(found: Found, before: BigIntStats): Promise<{ item: LocalItem; directory?: OpenDirectory } | undefined> {
    const { below, path, location } = found
    const listed = await listLocal(location, this.#options)
    if (typeof listed !== 'object') return this.#refuse(found, listed)
    const { seen, names } = listed
    if (seen.ino !== before.ino || seen.dev !== before.dev) return this.#refuse(found, 'changing')
    if (this.#options.storeFiles.isStoreFolder(location, seen, names)) {
      if (below === '') throw isStore(location)
      return this.#leaveOut(below, 'store')
    }
    const item: LocalItem = { kind: 'directory', below, path, location, seen, names }
    return { item, directory: { ...found, seen, names, next: 0, ahead: new Map() } }
  }

  async #visitLink(found: Found, link: BigIntStats): Promise<{ item: LocalItem; directory?: OpenDirectory } | undefined> {
    const { links = 'keep' } = this.#options
    if (links === 'keep') return this.#keepLink(found, link)
    if (links !== 'follow') return this.#leaveOut(found.below, 'link')
    const target = await realpath(found.location).catch(() => undefined)
    if (target === undefined) return this.#leaveOut(found.below, 'link to nothing')
    if (!`${target}${sep}`.startsWith(`${this.#root}${sep}`)) return this.#leaveOut(found.below, 'link to outside')
    if (isAbove(target, found)) return this.#leaveOut(found.below, 'link in a circle')
    const seen = await lookLocal(target).catch(() => undefined)
    if (seen === undefined) return this.#leaveOut(found.below, 'link to nothing')
    if (seen.isDirectory()) this.#countLinked(found)
    return this.#visit({ ...found, location: target }, seen)
  }

  async #keepLink({ below, path, location }: Found, seen: BigIntStats): Promise<{ item: LocalItem } | undefined> {
    const read = await readLocalLink(location, seen)
    if (typeof read !== 'object') return this.#leaveOut(below, read)
    const target = utf8Name(read.binaryTarget)
    if (!isLinkTarget(target)) return this.#leaveOut(below, 'name')
    return { item: { kind: 'link', below, path, location, seen, target } }
  }

  #countLinked({ below }: Found): void {
    if (++this.#linkedDirectories <= mostLinkedDirectories) return
    throw new NexusError(
      'InvalidArgument',
      `import: links lead to more than ${mostLinkedDirectories} directories, the last is ${below}`,
      { advice: 'do not follow them', operation: 'import', context: { below } },
    )
  }

  /** The source itself has to be there; what is below it is left out. */
  #refuse({ below, location }: Found, why: LeftOutReason): undefined {
    if (below !== '') return this.#leaveOut(below, why)
    throw cannotImport(location, why)
  }

  #leaveOut(path: string, why: LeftOutReason): undefined {
    this.#options.leaveOut({ path, why })
  }
}

function judge(found: Found, result: PromiseSettledResult<BigIntStats>): Looked {
  if (result.status === 'fulfilled') return { found, seen: result.value }
  return { why: whyNot(found.location, result.reason), below: found.below }
}

/** `undefined` for a path that is too long. */
function pathIn(directory: NexusPath, name: string): NexusPath | undefined {
  try {
    return parsePath(childOf(directory, name))
  } catch {
    return undefined
  }
}

function isAbove(target: string, { above }: Found): boolean {
  for (let directory = above; directory !== undefined; directory = directory.above) {
    if (directory.location === target) return true
  }
  return false
}

const printableAscii = /^[ -~]*$/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The name that these bytes, one a character, spell; `undefined` if they are not UTF-8. */
export function utf8Name(binaryName: string): string | undefined {
  if (printableAscii.test(binaryName)) return binaryName
  try {
    return decoder.decode(Buffer.from(binaryName, 'latin1'))
  } catch {
    return undefined
  }
}

/** Bytes that are not ASCII as `\xff`. */
function spelt(binaryName: string): string {
  return binaryName.replace(/[\x80-\xff]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`)
}

interface SourceError {
  readonly code: ErrorCode
  readonly text: string
  readonly advice?: string
}

const sourceErrors: Readonly<Partial<Record<LeftOutReason, SourceError>>> = {
  unreadable: { code: 'PermissionDenied', text: 'may not be read', advice: 'change its permissions' },
  vanished: { code: 'NotFound', text: 'is not there any more' },
  changing: { code: 'Conflict', text: 'changed each time it was read', advice: 'import it when it is at rest' },
  special: { code: 'InvalidArgument', text: 'is neither a file nor a directory', advice: 'name one that is' },
}

/** Why the source itself cannot be imported. */
export function cannotImport(location: string, why: LeftOutReason): NexusError {
  const { code, text, advice }: SourceError = sourceErrors[why] ?? { code: 'Unavailable', text: `cannot be imported: ${why}` }
  return new NexusError(code, `import: ${location} ${text}`, { advice, operation: 'import', context: { location } })
}

function isStore(location: string): NexusError {
  const advice = 'open it with --store to read it; `nexus backup` copies it'
  return new NexusError('InvalidArgument', `import: ${location} is a store of Nexus`, {
    advice,
    operation: 'import',
    context: { location },
  })
}
