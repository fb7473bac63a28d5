import { concatBytes, equalBytes } from '../../core/bytes.ts'
import { isNexusError, NexusError } from '../../core/errors.ts'
import { childOf, type NexusPath } from '../../core/path.ts'
import { checkedPage } from '../../metadata/checked-page.ts'
import { nameInHeadKey } from '../../metadata/keyspace.ts'
import type { MetadataEntry, ScanPage } from '../../metadata/metadata-store.ts'
import type { FsContext } from '../commit/context.ts'
import { type Bound, isDirectory, isLink } from '../model/head.ts'
import { decodeHead, decodeHeadOnce } from '../model/head-codec.ts'
import type { ListOptions } from '../model/options.ts'
import type { DirectoryHint, DirectoryHints } from '../resolve/directory-hints.ts'
import { requireDirectory } from '../resolve/expect-path.ts'

/** Larger pages are hardly faster, and young garbage that lives through a collection makes V8 take more memory for the next. */
const defaultPage = 250
const afterItem = Uint8Array.of(0)
const noPage: ScanPage = { entries: [], hasMore: false }

/** A binding, and its path. */
export interface PathBinding {
  readonly path: NexusPath
  readonly bound: Bound
}

export interface WalkOptions extends ListOptions {
  /** Told of each entry that cannot be understood; absent = the walk fails with the first, at its end. */
  readonly onUnreadable?: ((path: NexusPath, error: NexusError) => void) | undefined
}

/**
 * Entries of one snapshot. Each is decoded when it is taken, so that nothing but rows waits: a page of decoded entries that a garbage
 * collection finds alive makes V8 put all later ones where they are collected last. To be taken to its end before the next page is.
 */
type Page = Generator<PathBinding, void, undefined>

/** The bindings of a directory in byte order of their names, page by page. */
export async function* boundPages(fs: FsContext, target: NexusPath, options: ListOptions): AsyncGenerator<Page, void, undefined> {
  const unreadable = new Unreadable()
  yield* readablePages(fs, target, options, unreadable, 'again')
  unreadable.throwAny()
}

/** Entries that cannot be understood: a listing goes on behind them, and tells of them at its end unless somebody else does. */
class Unreadable {
  readonly #listener: WalkOptions['onUnreadable']
  #first: NexusError | undefined
  #count = 0

  constructor(listener?: WalkOptions['onUnreadable']) {
    this.#listener = listener
  }

  note(path: NexusPath, error: unknown): void {
    if (!isNexusError(error)) throw error
    if (this.#listener !== undefined) {
      this.#listener(path, error)
      return
    }
    this.#count++
    this.#first ??= error.with({ summary: `${path}: ${error.summary}`, context: { path } })
  }

  /** @throws {NexusError} Corrupt or Unsupported, with the first path */
  throwAny(): void {
    if (this.#first === undefined) return
    if (this.#count === 1) throw this.#first
    const more = this.#count - 1
    throw this.#first.with({ summary: `${this.#first.summary} (and ${more} more that cannot be read)` })
  }
}

async function* readablePages(
  fs: FsContext,
  target: NexusPath,
  options: ListOptions,
  unreadable: Unreadable,
  seen: 'once' | 'again',
): AsyncGenerator<Page, void, undefined> {
  const limit = options.pageSize ?? defaultPage
  let from: Uint8Array | undefined
  let group: Uint8Array | undefined
  for (;;) {
    const { resolved, page } = await fs.resolver.resolve(target, { scan: { from, limit }, signal: options.signal })
    const directory = requireDirectory(resolved)
    group ??= directory.group
    if (!equalBytes(directory.group, group)) {
      throw new NexusError('Conflict', `${target} was replaced by another directory while it was listed`, {
        advice: 'list it again',
      })
    }
    const { entries, hasMore } = page === undefined ? noPage : checkedPage(page, { from, limit })
    // A small directory is listed again and again; what a walk or a large one shows would only fill the memory.
    const decode = seen === 'again' && from === undefined && !hasMore ? decodeHead : decodeHeadOnce
    yield bindingsOf(fs.resolver.hints, entries, { target, directory, decode }, unreadable)
    const last = entries.at(-1)
    if (last === undefined || !hasMore) return
    from = concatBytes(last.key.item, afterItem)
  }
}

/** What is seen teaches the hints. */
function* bindingsOf(
  hints: DirectoryHints,
  entries: readonly MetadataEntry[],
  { target, directory, decode }: { target: NexusPath; directory: DirectoryHint; decode: typeof decodeHead },
  unreadable: Unreadable,
): Page {
  for (const entry of entries) {
    let bound: Bound
    let name: string
    try {
      name = nameInHeadKey(entry.key)
      bound = decode(entry)
    } catch (error) {
      unreadable.note(childOf(target, Buffer.from(entry.key.item).toString()), error)
      continue
    }
    if (isDirectory(bound)) hints.learn(directory, childOf(directory.path, name), bound.head.id)
    else if (isLink(bound)) hints.learnSymlink(childOf(directory.path, name), bound.head.target)
    yield { path: childOf(target, name), bound }
  }
}

/** As `walkedPages`, one by one. */
export async function* walkBound(
  fs: FsContext,
  target: NexusPath,
  options: WalkOptions,
): AsyncGenerator<PathBinding, void, undefined> {
  for await (const page of walkedPages(fs, target, options)) for (const each of page) yield each
}

/**
 * Everything below a directory: a directory before what is in it, names in byte order. What vanishes meanwhile is left out, and of a
 * directory that is replaced by another one, what was not reached yet.
 */
export async function* walkedPages(
  fs: FsContext,
  target: NexusPath,
  options: WalkOptions,
): AsyncGenerator<Page, void, undefined> {
  const unreadable = new Unreadable(options.onUnreadable)
  const open = [new Level(readablePages(fs, target, options, unreadable, 'once'), false)]
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    if (!(await level.hasMore())) {
      open.pop()
      continue
    }
    yield level.upToDirectory()
    const within = level.directory
    if (within !== undefined) open.push(new Level(readablePages(fs, within, options, unreadable, 'once'), true))
  }
  unreadable.throwAny()
}

/** A directory that a walk is in. */
class Level {
  readonly #pages: AsyncGenerator<Page, void, undefined>
  readonly #mayVanish: boolean
  #page: Page | undefined
  #directory: NexusPath | undefined

  constructor(pages: AsyncGenerator<Page, void, undefined>, mayVanish: boolean) {
    this.#pages = pages
    this.#mayVanish = mayVanish
  }

  /** The directory with which the last run ended. */
  get directory(): NexusPath | undefined {
    return this.#directory
  }

  /** False behind the last page. */
  async hasMore(): Promise<boolean> {
    this.#page ??= await this.#nextPage()
    return this.#page !== undefined
  }

  /** The next entries of one page, up to and with a directory. */
  *upToDirectory(): Page {
    this.#directory = undefined
    for (;;) {
      const next = this.#page?.next()
      if (next === undefined || next.done === true) {
        this.#page = undefined
        return
      }
      const { path, bound } = next.value
      if (isDirectory(bound)) this.#directory = path
      yield next.value
      if (this.#directory !== undefined) return
    }
  }

  async #nextPage(): Promise<Page | undefined> {
    try {
      const { value, done } = await this.#pages.next()
      return done ? undefined : (value ?? undefined)
    } catch (error) {
      if (this.#mayVanish && vanished.some((code) => isNexusError(error, code))) return undefined
      throw error
    }
  }
}

/** How listing a directory fails that is gone, or replaced by something else. */
const vanished = ['NotFound', 'NotADirectory', 'Conflict'] as const
