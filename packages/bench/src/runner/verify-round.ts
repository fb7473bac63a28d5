import { NexusError } from '../library.ts'
import { equalBytes } from '../subjects/equal-bytes.ts'
import type { Subject } from '../subjects/subject.ts'
import type { ContentRef } from '../workloads/content-source.ts'
import { type ExpectedTree, filesWritten, type ListedFile, type Step } from './expected-tree.ts'
import type { ContentOf, Outcome, TimedIteration } from './timed-iteration.ts'

export interface Verification {
  /** Bytes compared. */
  readonly checkedBytes: number
  /** Reads that saw a mixture or an empty file, allowed to subjects that promise no atomicity. */
  readonly tornReads: number
}

/** Checks every answer of a round and every byte that it wrote. Each mistake is an error that voids the result. */
export class RoundVerifier {
  readonly #subject: Subject
  readonly #tree: ExpectedTree
  readonly #contentOf: ContentOf
  #checkedBytes = 0
  #tornReads = 0

  constructor(subject: Subject, tree: ExpectedTree, contentOf: ContentOf) {
    this.#subject = subject
    this.#tree = tree
    this.#contentOf = contentOf
  }

  /** @throws {NexusError} Corrupt for a wrong answer or wrong bytes */
  async verify(iterations: readonly TimedIteration[]): Promise<Verification> {
    for (const [step, outcome] of answersOf(iterations)) this.#checkAnswer(step, outcome)
    await this.#checkWrites(iterations)
    await this.#readAgain(iterations)
    return { checkedBytes: this.#checkedBytes, tornReads: this.#tornReads }
  }

  #checkAnswer(step: Step, outcome: Outcome | undefined): void {
    if (step.kind === 'read' && outcome?.kind === 'bytes') this.#checkRead(step.path, outcome.bytes, step.accepts)
    else if (step.kind === 'remove' && outcome?.kind === 'done') return
    else if (step.kind === 'exists' && outcome?.kind === 'claim') checkClaim(step, outcome.claim)
    else if (step.kind === 'list' && outcome?.kind === 'names') checkNames(step, outcome.names)
    else if (step.kind === 'list-stat' && outcome?.kind === 'sizes') checkSizes(step, outcome.entries)
    else if (outcome?.kind !== 'versions' || filesWritten(step).length === 0) throw wrong(`${step.kind} has no answer`)
  }

  #checkRead(path: string, bytes: Uint8Array, accepts: readonly ContentRef[]): void {
    this.#checkedBytes += bytes.length
    if (accepts.some((content) => equalBytes(bytes, this.#contentOf(content)))) return
    if (!this.#subject.traits.isAtomic && accepts.length > 1) this.#tornReads += 1
    else throw wrong(`a read of ${path} returned ${bytes.length} bytes that nobody wrote`)
  }

  async #checkWrites(iterations: readonly TimedIteration[]): Promise<void> {
    const written = new Map<string, WrittenVersion[]>()
    for (const [step, outcome] of answersOf(iterations)) collectVersions(step, outcome, written)
    for (const [path, versions] of written) {
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
  async #readAgain(iterations: readonly TimedIteration[]): Promise<void> {
    const paths = new Set<string>()
    for (const [step, outcome] of answersOf(iterations)) {
      if (step.kind !== 'read' || outcome?.kind !== 'bytes') continue
      outcome.bytes.fill(0xa5)
      paths.add(step.path)
    }
    for (const path of paths) this.#checkRead(path, await this.#subject.read(path), this.#tree.contentsOf(path))
  }
}

function* answersOf(iterations: readonly TimedIteration[]): Generator<readonly [Step, Outcome | undefined]> {
  for (const { steps, outcomes } of iterations) {
    for (const [index, step] of steps.entries()) yield [step, outcomes[index]]
  }
}

interface WrittenVersion {
  readonly version: number | undefined
  readonly content: ContentRef
}

function collectVersions(step: Step, outcome: Outcome | undefined, written: Map<string, WrittenVersion[]>): void {
  if (outcome?.kind !== 'versions') return
  for (const [index, { path, content }] of filesWritten(step).entries()) {
    const versions = written.get(path) ?? []
    versions.push({ version: outcome.versions[index], content })
    written.set(path, versions)
  }
}

function checkClaim(step: Step & { kind: 'exists' }, claim: boolean): void {
  if (claim !== step.answer) throw wrong(`exists of ${step.path} answered ${claim}`)
}

function checkNames(step: Step & { kind: 'list' }, names: readonly string[]): void {
  const expected = step.entries.map((entry) => entry.name).sort()
  if ([...names].sort().join('\0') !== expected.join('\0')) throw wrong(`list of ${step.path} gave ${names.length} wrong names`)
}

function checkSizes(step: Step & { kind: 'list-stat' }, entries: readonly ListedFile[]): void {
  const lines = (files: readonly ListedFile[]) => files.map(({ name, size }) => `${name}\0${size}`).sort()
  if (lines(entries).join('\0') !== lines(step.entries).join('\0')) throw wrong(`list of ${step.path} gave wrong names or sizes`)
}

function wrong(what: string): NexusError {
  return new NexusError('Corrupt', what)
}
