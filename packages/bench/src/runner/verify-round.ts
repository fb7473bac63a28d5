import { type Checks, type PlannedCall, type PlannedFile, wrong } from '../acts/act.ts'
import type { ContentOf, ContentRef } from '../acts/content-source.ts'
import { equalBytes } from '../acts/equal-bytes.ts'
import type { ExpectedTree } from '../acts/expected-tree.ts'
import type { Subject } from '../acts/subject.ts'

export interface Verification {
  /** Bytes compared. */
  readonly checkedBytes: number
  /** Reads that saw a mixture or an empty file, allowed to subjects that promise no atomicity. */
  readonly tornReads: number
}

/** Checks every answer of a round and every byte that it wrote. Each mistake is an error that voids the result. */
export class RoundVerifier implements Checks {
  readonly #subject: Subject
  readonly #tree: ExpectedTree
  readonly #contentOf: ContentOf
  readonly #given: { readonly path: string; readonly bytes: Uint8Array }[] = []
  readonly #written = new Map<string, WrittenVersion[]>()
  #checkedBytes = 0
  #tornReads = 0

  constructor(subject: Subject, tree: ExpectedTree, contentOf: ContentOf) {
    this.#subject = subject
    this.#tree = tree
    this.#contentOf = contentOf
  }

  /** @throws {NexusError} Corrupt for a wrong answer or wrong bytes */
  async verify(calls: readonly PlannedCall[]): Promise<Verification> {
    for (const { verify } of calls) verify(this)
    await this.#checkWrites()
    await this.#readAgain()
    return { checkedBytes: this.#checkedBytes, tornReads: this.#tornReads }
  }

  read(path: string, bytes: Uint8Array, accepts: readonly ContentRef[]): void {
    this.#checkRead(path, bytes, accepts)
    this.#given.push({ path, bytes })
  }

  wrote({ path, content }: PlannedFile, version: number | undefined): void {
    const versions = this.#written.get(path) ?? []
    versions.push({ version, content })
    this.#written.set(path, versions)
  }

  #checkRead(path: string, bytes: Uint8Array, accepts: readonly ContentRef[]): void {
    this.#checkedBytes += bytes.length
    if (accepts.some((content) => equalBytes(bytes, this.#contentOf(content)))) return
    if (!this.#subject.traits.isAtomic && accepts.length > 1) this.#tornReads += 1
    else throw wrong(`a read of ${path} returned ${bytes.length} bytes that nobody wrote`)
  }

  async #checkWrites(): Promise<void> {
    for (const [path, versions] of this.#written) {
      if (this.#subject.traits.keepsVersions) await this.#checkVersions(path, versions)
      await this.#checkCurrent(path, versions)
    }
  }

  /** n writes make exactly the next n versions, each with the bytes of its writer: no update is lost. */
  async #checkVersions(path: string, written: readonly WrittenVersion[]): Promise<void> {
    const first = this.#tree.versionsOf(path) - written.length + 1
    const byNumber = new Map(written.map(({ version, content }) => [version, content]))
    for (let version = first; version < first + written.length; version++) {
      const content = byNumber.get(version)
      if (content === undefined) throw wrong(`no write of ${path} was acknowledged as version ${version}: an update is lost`)
      await this.#expectHeld(path, [content], version)
    }
  }

  async #checkCurrent(path: string, written: readonly WrittenVersion[]): Promise<void> {
    const newest = written.reduce((a, b) => ((b.version ?? 0) >= (a.version ?? 0) ? b : a))
    const isKnown = newest.version !== undefined
    await this.#expectHeld(path, isKnown ? [newest.content] : this.#tree.contentsOf(path), undefined)
  }

  async #expectHeld(path: string, contents: readonly ContentRef[], version: number | undefined): Promise<void> {
    for (const content of contents) {
      this.#checkedBytes += content.size
      if (await this.#subject.holds(path, this.#contentOf(content), version)) return
    }
    if (!this.#subject.traits.isAtomic && contents.length > 1) return
    const where = version === undefined ? path : `version ${version} of ${path}`
    throw wrong(`${where} does not hold the bytes that were written`)
  }

  /** A buffer that a read gave is the caller's: after overwriting it, the same read still gives the right bytes. */
  async #readAgain(): Promise<void> {
    for (const { bytes } of this.#given) bytes.fill(0xa5)
    for (const path of new Set(this.#given.map((given) => given.path))) {
      this.#checkRead(path, await this.#subject.read(path), this.#tree.contentsOf(path))
    }
  }
}

interface WrittenVersion {
  readonly version: number | undefined
  readonly content: ContentRef
}
