import type { ContentRef } from '../workloads/content-source.ts'
import type { Act, PlannedFile } from '../workloads/workload.ts'

/** An act with the answer that it must get. */
export type Step =
  | { readonly kind: 'write'; readonly file: PlannedFile; readonly isNew: boolean }
  | { readonly kind: 'write-batch'; readonly files: readonly PlannedFile[] }
  | { readonly kind: 'append'; readonly file: PlannedFile; readonly size: number }
  /** Any one of these contents, whole: more than one only where writers are at work at the same time. */
  | { readonly kind: 'read'; readonly path: string; readonly accepts: readonly ContentRef[] }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'exists'; readonly path: string; readonly answer: boolean }
  | { readonly kind: 'list'; readonly path: string; readonly entries: readonly ListedFile[] }
  | { readonly kind: 'list-stat'; readonly path: string; readonly entries: readonly ListedFile[] }

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
  /** Bytes of all writes, equal contents once. */
  get distinctBytes(): number {
    return [...this.#contents.values()].reduce((sum, size) => sum + size, 0)
  }
  /** Bytes of the files as they are now. */
  get currentBytes(): number {
    return [...this.#files.values()].reduce((sum, file) => sum + (file.contents[0]?.size ?? 0), 0)
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
  plan(acts: readonly Act[], order: 'one-by-one' | 'at-once'): readonly Step[] {
    return order === 'one-by-one' ? acts.map((act) => this.#planNext(act)) : this.#planAtOnce(acts)
  }

  #planNext(act: Act): Step {
    const step = this.#stepOf(act, [])
    for (const file of filesWritten(act)) this.#write(file, act.kind === 'append' ? act.size : file.content.size)
    if (act.kind === 'remove') this.#remove(act.path)
    return step
  }

  #planAtOnce(acts: readonly Act[]): readonly Step[] {
    const written = acts.flatMap(filesWritten)
    const steps = acts.map((act) => this.#stepOf(act, written))
    for (const file of written) this.#write(file)
    for (const { path } of written) {
      const contents = written.filter((file) => file.path === path).map((file) => file.content)
      const expected = this.#files.get(path)
      if (expected !== undefined) expected.contents = contents
    }
    return steps
  }

  #stepOf(act: Act, meanwhile: readonly PlannedFile[]): Step {
    switch (act.kind) {
      case 'write':
        return { ...act, isNew: !this.#files.has(act.file.path) }
      case 'write-batch':
      case 'append':
      case 'remove':
        return act
      case 'read': {
        const others = meanwhile.filter((file) => file.path === act.path).map((file) => file.content)
        return { ...act, accepts: [...this.contentsOf(act.path), ...others] }
      }
      case 'exists':
        return { ...act, answer: this.#files.has(act.path) }
      case 'list':
      case 'list-stat':
        return { ...act, entries: this.#entriesOf(act.path) }
    }
  }

  #entriesOf(folder: string): readonly ListedFile[] {
    const prefix = folder === '/' ? '/' : `${folder}/`
    return [...this.#files]
      .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .map(([path, file]) => ({ name: path.slice(prefix.length), size: file.contents[0]?.size ?? 0 }))
  }

  /** Its versions stay where versions are kept, and no longer count among those of the files that are there. */
  #remove(path: string): void {
    this.#versions -= this.versionsOf(path)
    this.#files.delete(path)
  }

  /** @param size of what the caller gives, in bytes */
  #write({ path, content }: PlannedFile, size: number = content.size): void {
    this.#files.set(path, { versions: this.versionsOf(path) + 1, contents: [content] })
    this.#contents.set(`${content.key}/${content.size}`, content.size)
    this.#versions += 1
    this.#logicalBytes += size
  }
}

export function filesWritten(act: Act | Step): readonly PlannedFile[] {
  if (act.kind === 'write' || act.kind === 'append') return [act.file]
  return act.kind === 'write-batch' ? act.files : []
}
