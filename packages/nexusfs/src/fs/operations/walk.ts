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
import { demandDirectory } from '../resolve/expect-path.ts'

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

/** The bindings of a directory in byte order of their names; each page is one snapshot. */
export async function* boundPages(
  fs: FsContext,
  target: NexusPath,
  options: ListOptions,
): AsyncGenerator<readonly PathBinding[], void, undefined> {
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
): AsyncGenerator<readonly PathBinding[], void, undefined> {
  const limit = options.pageSize ?? defaultPage
  let from: Uint8Array | undefined
  let group: Uint8Array | undefined
  for (;;) {
    const { only, page } = await fs.resolver.resolve(target, { scan: { from, limit }, signal: options.signal })
    const directory = demandDirectory(only)
    group ??= directory.group
    if (!equalBytes(directory.group, group)) {
      throw new NexusError('Conflict', `${target} was replaced by another directory while it was listed`, {
        advice: 'list it again',
      })
    }
    const { entries, hasMore } = page === undefined ? noPage : checkedPage(page, { from, limit })
    // A small directory is listed again and again; what a walk or a large one shows would only fill the memory.
    const decode = seen === 'again' && from === undefined && !hasMore ? decodeHead : decodeHeadOnce
    yield toPage(fs.resolver.hints, entries, { target, directory, decode }, unreadable)
    const last = entries.at(-1)
    if (last === undefined || !hasMore) return
    from = concatBytes(last.key.item, afterItem)
  }
}

/** What a page shows teaches the hints. */
function toPage(
  hints: DirectoryHints,
  entries: readonly MetadataEntry[],
  { target, directory, decode }: { target: NexusPath; directory: DirectoryHint; decode: typeof decodeHead },
  unreadable: Unreadable,
): readonly PathBinding[] {
  const page: PathBinding[] = []
  for (const entry of entries) {
    try {
      const name = nameInHeadKey(entry.key)
      const bound = decode(entry)
      if (isDirectory(bound)) hints.learn(directory, childOf(directory.path, name), bound.head.id)
      else if (isLink(bound)) hints.learnSymlink(childOf(directory.path, name), bound.head.target)
      page.push({ path: childOf(target, name), bound })
    } catch (error) {
      unreadable.note(childOf(target, Buffer.from(entry.key.item).toString()), error)
    }
  }
  return page
}

/** As `walkedPages`, one by one. */
export async function* walkBound(
  fs: FsContext,
  target: NexusPath,
  options: WalkOptions,
): AsyncGenerator<PathBinding, void, undefined> {
  for await (const page of walkedPages(fs, target, options)) yield* page
}

/**
 * Everything below a directory: a directory before what is in it, names in byte order. What vanishes meanwhile is left out, and of a
 * directory that is replaced by another one, what was not reached yet.
 */
export async function* walkedPages(
  fs: FsContext,
  target: NexusPath,
  options: WalkOptions,
): AsyncGenerator<readonly PathBinding[], void, undefined> {
  const unreadable = new Unreadable(options.onUnreadable)
  const open = [new Level(readablePages(fs, target, options, unreadable, 'once'), false)]
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const run = await level.next()
    if (run === undefined) {
      open.pop()
      continue
    }
    yield run
    const last = run.at(-1)
    if (last !== undefined && isDirectory(last.bound))
      open.push(new Level(readablePages(fs, last.path, options, unreadable, 'once'), true))
  }
  unreadable.throwAny()
}

/** A directory that a walk is in. */
class Level {
  readonly #pages: AsyncGenerator<readonly PathBinding[], void, undefined>
  readonly #mayVanish: boolean
  #page: readonly PathBinding[] = []
  #at = 0

  constructor(pages: AsyncGenerator<readonly PathBinding[], void, undefined>, mayVanish: boolean) {
    this.#pages = pages
    this.#mayVanish = mayVanish
  }

  /** The next entries of one page, up to and with a directory; `undefined` behind the last. */
  async next(): Promise<readonly PathBinding[] | undefined> {
    while (this.#at === this.#page.length) {
      const page = await this.#nextPage()
      if (page === undefined) return undefined
      this.#page = page
      this.#at = 0
    }
    const from = this.#at
    do this.#at++
    while (this.#at < this.#page.length && !isDirectory(this.#page[this.#at - 1]?.bound))
    return this.#page.slice(from, this.#at)
  }

  async #nextPage(): Promise<readonly PathBinding[] | undefined> {
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
