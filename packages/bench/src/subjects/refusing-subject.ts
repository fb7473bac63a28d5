import type { Inventory, Subject, SubjectFile, SubjectTraits } from '../acts/subject.ts'
import { NexusError } from '../library.ts'

/** A subject that refuses every call; a floor overrides the few that it has. */
export abstract class RefusingSubject implements Subject {
  abstract readonly traits: SubjectTraits
  readonly folder: string | undefined = undefined
  readonly #what: string

  /** @param what it does instead, as a sentence: `the floor only writes` */
  constructor(what: string) {
    this.#what = what
  }

  abstract holds(path: string, content: Uint8Array): Promise<boolean>
  abstract inventory(): Promise<Inventory>
  abstract dispose(): Promise<void>

  async preload(files: readonly SubjectFile[]): Promise<void> {
    for (const { path, content } of files) await this.write(path, content)
  }

  fsyncs(): undefined {
    return undefined
  }

  write(_path: string, _content: Uint8Array): Promise<undefined> {
    return this.#refuse('write')
  }
  append(_path: string, _content: Uint8Array): Promise<undefined> {
    return this.#refuse('append')
  }
  reopen(_whileClosed: () => Promise<void>): Promise<void> {
    return this.#refuse('reopen')
  }
  writeBatch(_files: readonly SubjectFile[]): Promise<readonly undefined[]> {
    return this.#refuse('writeBatch')
  }
  remove(_path: string): Promise<void> {
    return this.#refuse('remove')
  }
  read(_path: string): Promise<Uint8Array> {
    return this.#refuse('read')
  }
  exists(_path: string): Promise<boolean> {
    return this.#refuse('exists')
  }
  list(_path: string): Promise<readonly string[]> {
    return this.#refuse('list')
  }
  listWithSizes(_path: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    return this.#refuse('listWithSizes')
  }

  #refuse(operation: string): Promise<never> {
    return Promise.reject(new NexusError('Unsupported', `${this.#what}`, { advice: `${operation} is not part of it`, operation }))
  }
}
