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
      if (isDirectory(bound)) fs.resolver.hints.learn(directory, name, bound.head.id)
      return { path: childOf(target, name), bound }
    })
    const last = page?.entries.at(-1)
    if (last === undefined || !page?.hasMore) return
    from = concatBytes(last.key.item, afterItem)
  }
}

/** Everything below a directory: a directory before what is in it, names in byte order. What vanishes meanwhile is left out. */
export async function* walkBound(
  fs: FsContext,
  target: NexusPath,
  options: ListOptions,
): AsyncGenerator<Placed, void, undefined> {
  const open = [oneByOne(boundPages(fs, target, options))]
  for (let current = open.at(-1); current !== undefined; current = open.at(-1)) {
    const next = await nextBelow(current, open.length > 1)
    if (next === undefined) {
      open.pop()
      continue
    }
    yield next
    if (isDirectory(next.bound)) open.push(oneByOne(boundPages(fs, next.path, options)))
  }
}

async function* oneByOne(pages: AsyncGenerator<readonly Placed[], void, undefined>): AsyncGenerator<Placed, void, undefined> {
  for await (const page of pages) yield* page
}

async function nextBelow(entries: AsyncGenerator<Placed, void, undefined>, mayVanish: boolean): Promise<Placed | undefined> {
  try {
    const { value, done } = await entries.next()
    return done ? undefined : (value ?? undefined)
  } catch (error) {
    if (mayVanish && (isNexusError(error, 'NotFound') || isNexusError(error, 'NotADirectory'))) return undefined
    throw error
  }
}
