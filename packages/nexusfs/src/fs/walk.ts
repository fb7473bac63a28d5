import { concatBytes, equalBytes } from '../core/bytes.ts'
import { isNexusError, NexusError } from '../core/errors.ts'
import { childOf, type NexusPath } from '../core/path.ts'
import type { FsContext } from './context.ts'
import { demandDirectory } from './expect-path.ts'
import { type Bound, isDirectory, nameOfEntry } from './head.ts'
import { decodeHead } from './head-codec.ts'
import type { ListOptions } from './options.ts'

const defaultPage = 1000
const afterItem = Uint8Array.of(0)

/** A binding and where it is. */
export interface Placed {
  readonly path: NexusPath
  readonly bound: Bound
}

/** The bindings of a directory in byte order of their names; each page is one snapshot. */
export async function* boundPages(
  fs: FsContext,
  target: NexusPath,
  options: ListOptions,
): AsyncGenerator<readonly Placed[], void, undefined> {
  const limit = options.pageSize ?? defaultPage
  let from: Uint8Array | undefined
  let group: Uint8Array | undefined
  for (;;) {
    const { only, page } = await fs.resolver.resolve(target, { scan: { from, limit }, signal: options.signal })
    const directory = demandDirectory(only)
    group ??= directory.group
    if (!equalBytes(directory.group, group)) {
      throw new NexusError('Conflict', `${target} was replaced by another directory while it was listed; list it again`)
    }
    yield (page?.entries ?? []).map((entry) => {
      const bound = decodeHead(entry)
      const name = nameOfEntry(entry)
      if (isDirectory(bound)) fs.resolver.hints.learn(directory, childOf(directory.path, name), bound.head.id)
      return { path: childOf(target, name), bound }
    })
    const last = page?.entries.at(-1)
    if (last === undefined || !page?.hasMore) return
    from = concatBytes(last.key.item, afterItem)
  }
}

/** As `walkedPages`, one by one. */
export async function* walkBound(
  fs: FsContext,
  target: NexusPath,
  options: ListOptions,
): AsyncGenerator<Placed, void, undefined> {
  for await (const page of walkedPages(fs, target, options)) yield* page
}

/**
 * Everything below a directory: a directory before what is in it, names in byte order. What vanishes meanwhile is left out, and of a
 * directory that is replaced by another one, what was not reached yet.
 */
export async function* walkedPages(
  fs: FsContext,
  target: NexusPath,
  options: ListOptions,
): AsyncGenerator<readonly Placed[], void, undefined> {
  const open = [new Level(boundPages(fs, target, options), false)]
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const run = await level.next()
    if (run === undefined) {
      open.pop()
      continue
    }
    yield run
    const last = run.at(-1)
    if (last !== undefined && isDirectory(last.bound)) open.push(new Level(boundPages(fs, last.path, options), true))
  }
}

/** A directory that a walk is in. */
class Level {
  readonly #pages: AsyncGenerator<readonly Placed[], void, undefined>
  readonly #mayVanish: boolean
  #page: readonly Placed[] = []
  #at = 0

  constructor(pages: AsyncGenerator<readonly Placed[], void, undefined>, mayVanish: boolean) {
    this.#pages = pages
    this.#mayVanish = mayVanish
  }

  /** The next entries of one page, up to and with a directory; `undefined` behind the last. */
  async next(): Promise<readonly Placed[] | undefined> {
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

  async #nextPage(): Promise<readonly Placed[] | undefined> {
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
