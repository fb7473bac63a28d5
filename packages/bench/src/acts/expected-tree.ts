import type { Act, PlannedCall, PlannedFile } from './act.ts'
import type { ContentOf, ContentRef } from './content-source.ts'

export interface ListedFile {
  readonly name: string
  readonly size: number
}

interface ExpectedFile {
  versions: number
  /** What it may hold now: one content, or those of the writers that were last at work at the same time. */
  contents: readonly ContentRef[]
}

/** What a correct file system holds after the acts so far, and so what it must answer to the next. */
export class ExpectedTree {
  readonly #files = new Map<string, ExpectedFile>()
  readonly #contents = new Map<string, number>()
  #versions = 0
  #logicalBytes = 0

  constructor(preload: readonly PlannedFile[]) {
    for (const file of preload) this.#write(file)
  }

  get files(): number {
    return this.#files.size
  }
  get versions(): number {
    return this.#versions
  }
  /** Bytes of all writes. */
  get logicalBytes(): number {
    return this.#logicalBytes
  }
  /** Bytes of all writes, equal contents once; of an append those that were added, since what was there is stored already. */
  get distinctBytes(): number {
    return [...this.#contents.values()].reduce((sum, size) => sum + size, 0)
  }
  /** Bytes of the files as they are now. */
  get currentBytes(): number {
    return [...this.#files.values()].reduce((sum, file) => sum + (file.contents[0]?.size ?? 0), 0)
  }
  /** Whether a file is there. */
  has(path: string): boolean {
    return this.#files.has(path)
  }
  /** The files of a directory, in no order. */
  entriesOf(folder: string): readonly ListedFile[] {
    const prefix = folder === '/' ? '/' : `${folder}/`
    return [...this.#files]
      .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .map(([path, file]) => ({ name: path.slice(prefix.length), size: file.contents[0]?.size ?? 0 }))
  }
  /** Versions of one file so far. */
  versionsOf(path: string): number {
    return this.#files.get(path)?.versions ?? 0
  }
  /** What the file may hold now. */
  contentsOf(path: string): readonly ContentRef[] {
    return this.#files.get(path)?.contents ?? []
  }

  /** Takes files for written that no act of an iteration writes. */
  prepare(files: readonly PlannedFile[]): void {
    for (const file of files) this.#write(file)
  }

  /** Plans an iteration and takes its writes for done. */
  plan(acts: readonly Act[], order: 'one-by-one' | 'at-once', contentOf: ContentOf): readonly PlannedCall[] {
    if (order === 'at-once') return this.#planAtOnce(acts, contentOf)
    return acts.map((act) => this.#planNext(act, contentOf))
  }

  #planNext(act: Act, contentOf: ContentOf): PlannedCall {
    const call = act.plan({ tree: this, meanwhile: [], contentOf })
    for (const file of act.writes ?? []) this.#write(file, act.given)
    for (const path of act.removes ?? []) this.#remove(path)
    return call
  }

  #planAtOnce(acts: readonly Act[], contentOf: ContentOf): readonly PlannedCall[] {
    const written = acts.flatMap(({ writes = [] }) => writes)
    const calls = acts.map((act) => act.plan({ tree: this, meanwhile: written, contentOf }))
    for (const file of written) this.#write(file)
    for (const { path } of written) {
      const contents = written.filter((file) => file.path === path).map((file) => file.content)
      const expected = this.#files.get(path)
      if (expected !== undefined) expected.contents = contents
    }
    return calls
  }

  /** Its versions stay where versions are kept, and no longer count among those of the files that are there. */
  #remove(path: string): void {
    this.#versions -= this.versionsOf(path)
    this.#files.delete(path)
  }

  /** @param given of what the caller gives, in bytes */
  #write({ path, content }: PlannedFile, given: number = content.size): void {
    this.#files.set(path, { versions: this.versionsOf(path) + 1, contents: [content] })
    this.#contents.set(`${content.key}/${content.size}`, given)
    this.#versions += 1
    this.#logicalBytes += given
  }
}
