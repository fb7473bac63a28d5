import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { NexusError } from '../../core/errors.ts'

/** The local paths of all stores that this process has open, as their layers name them. */
const heldPaths = new Set<{ readonly paths: readonly string[] }>()
/** Grows whenever a store is opened. */
let openings = 0

/** Takes note of the local files of a store that is being opened; returns what forgets them again. */
export function holdStoreFiles(paths: readonly string[]): () => void {
  const held = { paths }
  heldPaths.add(held)
  openings++
  return () => heldPaths.delete(held)
}

/** What tells a file or directory from all others, also behind a link. */
type Identity = string

interface Seen {
  readonly dev: bigint
  readonly ino: bigint
}

/**
 * The local files of the stores that this process has open. Nothing but their own adapter may open them: POSIX drops all locks of a
 * process on a file when the process closes any descriptor of it, and the database is destroyed. So they are known by device, inode
 * and name, without being opened. A file that comes and goes, such as a write-ahead log, is known by its folder and its name.
 */
export class StoreFiles {
  /** Real paths. */
  #paths: readonly string[] = []
  #identities: ReadonlySet<Identity> = new Set()
  /** The folders that hold them, each with the names in it. */
  #names: ReadonlyMap<Identity, ReadonlySet<string>> = new Map()
  #openings = 0

  /** As they are now. */
  static async ofThisProcess(): Promise<StoreFiles> {
    const storeFiles = new StoreFiles()
    await storeFiles.#look()
    return storeFiles
  }

  /** Takes in the stores that were opened since. */
  async update(): Promise<void> {
    if (this.#openings !== openings) await this.#look()
  }

  async #look(): Promise<void> {
    this.#openings = openings
    const paths: string[] = []
    const identities = new Set(this.#identities)
    const names = new Map([...this.#names].map(([folder, held]) => [folder, new Set(held)]))
    for (const path of new Set([...heldPaths].flatMap((held) => held.paths))) {
      const folder = await realpath(dirname(path)).catch(() => undefined)
      if (folder === undefined) continue
      const location = join(folder, basename(path))
      paths.push(location)
      const seen = await identityAt(location)
      if (seen !== undefined) identities.add(seen)
      const inFolder = await identityAt(folder)
      if (inFolder !== undefined) names.set(inFolder, (names.get(inFolder) ?? new Set()).add(basename(path)))
    }
    this.#paths = paths
    this.#identities = identities
    this.#names = names
  }

  /** True for a file or folder of a store, also where it has another name. */
  has(seen: Seen): boolean {
    return this.#identities.has(identityOf(seen))
  }

  /** True for a name in a folder that is a file or folder of a store, also if it was not there a moment ago. */
  hasName(folder: Seen, name: string): boolean {
    return this.#names.get(identityOf(folder))?.has(name) === true
  }

  /**
   * True for a folder that holds the files of a store and nothing else, and for one that looks like the folder of a store that this
   * process does not have open: a copy of it would be a torn one.
   */
  isStoreFolder(location: string, folder: Seen, names: readonly string[]): boolean {
    const held = this.#names.get(identityOf(folder))
    if (held === undefined) return names.includes('meta.db') && (names.includes('blobs') || basename(location) === '.nexus')
    return names.every((name) => held.has(name))
  }

  /**
   * Refuses a local path that is, or lies inside, a store; with `mayHold: false` also one that holds a store. Nothing is opened.
   * @throws {NexusError} InvalidArgument
   */
  async refuse(operation: string, path: string, { mayHold }: { readonly mayHold: boolean }): Promise<void> {
    if (this.#paths.length === 0) return
    const location = await nearestReal(resolve(path))
    for (let above = location; ; above = dirname(above)) {
      if (await this.#isStore(above)) throw insideStore(operation, path, above)
      if (dirname(above) === above) break
    }
    const held = this.#paths.find((each) => each.startsWith(location.endsWith('/') ? location : `${location}/`))
    if (mayHold || held === undefined) return
    throw new NexusError('InvalidArgument', `${operation}: ${path} holds files of a store that is open, ${held}`, {
      advice: 'name a folder beside it',
      operation,
      context: { location: path },
    })
  }

  /** A file or folder of a store, or the folder that holds these and nothing else. */
  async #isStore(location: string): Promise<boolean> {
    const seen = await stat(location, { bigint: true }).catch(() => undefined)
    const parent = await stat(dirname(location), { bigint: true }).catch(() => undefined)
    if (parent !== undefined && this.hasName(parent, basename(location))) return true
    if (seen === undefined) return false
    if (this.has(seen)) return true
    return this.#names.has(identityOf(seen)) && this.isStoreFolder(location, seen, await readdir(location).catch(() => []))
  }
}

/** The real path of what is there, with the rest as it was given. */
async function nearestReal(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined)
  if (real !== undefined || dirname(path) === path) return real ?? path
  return join(await nearestReal(dirname(path)), basename(path))
}

async function identityAt(location: string): Promise<Identity | undefined> {
  const seen = await lstat(location, { bigint: true }).catch(() => undefined)
  return seen && identityOf(seen)
}

function identityOf({ dev, ino }: Seen): Identity {
  return `${dev}:${ino}`
}

function insideStore(operation: string, path: string, store: string): NexusError {
  const what = path === store ? 'belongs to a store that is open' : `lies inside a store that is open, ${store}`
  const advice = 'name a folder outside of it; `nexus backup` copies a store'
  return new NexusError('InvalidArgument', `${operation}: ${path} ${what}`, {
    advice,
    operation,
    context: { location: path },
  })
}
