import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { PlannedCall } from '../acts/act.ts'
import { type ContentOf, ContentSource } from '../acts/content-source.ts'
import { ExpectedTree } from '../acts/expected-tree.ts'
import type { Inventory, Subject } from '../acts/subject.ts'
import { NexusError } from '../library.ts'
import type { ColdFacts, FinishReport, RoundReport } from '../results/measurement.ts'
import type { Workload } from '../workloads/workload.ts'
import { RoundVerifier } from './verify-round.ts'

/** One workload on one fresh subject: preload, rounds, final checks. Nothing but the calls themselves is timed. */
export class WorkloadSession {
  readonly #subject: Subject
  readonly #workload: Workload
  readonly #source: ContentSource
  readonly #tree: ExpectedTree
  #before: Before = { inventory: emptyInventory, logicalBytes: 0, distinctBytes: 0, fsyncs: 0 }
  #iterations = 0

  private constructor(subject: Subject, workload: Workload, seed: string) {
    this.#subject = subject
    this.#workload = workload
    this.#source = new ContentSource(seed)
    this.#tree = new ExpectedTree(workload.preload)
  }

  /** Preloads the subject, which must be empty. */
  static async begin(subject: Subject, workload: Workload, seed: string): Promise<WorkloadSession> {
    const session = new WorkloadSession(subject, workload, seed)
    const contentOf = session.#contents()
    await subject.preload(workload.preload.map(({ path, content }) => ({ path, content: contentOf(content) })))
    session.#checkCounts(await subject.inventory())
    session.#before = {
      inventory: await subject.inventory(),
      logicalBytes: session.#tree.logicalBytes,
      distinctBytes: session.#tree.distinctBytes,
      fsyncs: subject.fsyncs(),
    }
    return session
  }

  /**
   * Runs that many iterations and then checks every byte of them.
   * @throws {NexusError} Corrupt for a wrong answer; Unsupported if a cold start cannot be had; whatever a call of the subject
   * threw
   */
  async round(iterations: number): Promise<RoundReport> {
    const contentOf = this.#contents()
    await this.#prepare(iterations, contentOf)
    const planned = Array.from({ length: iterations }, () => this.#planNext(contentOf))
    const fetchedBefore = await this.#coolDown()
    const samplesNs: number[] = []
    for (const calls of planned) {
      if (this.#workload.quietMs !== undefined) await setTimeout(this.#workload.quietMs)
      samplesNs.push(await timeIteration(this.#subject, calls, this.#order))
    }
    const cold = await this.#fetched(fetchedBefore)
    const verifier = new RoundVerifier(this.#subject, this.#tree, contentOf)
    return { samplesNs, ...(await verifier.verify(planned.flat())), cold }
  }

  /**
   * Checks what must hold after all rounds.
   * @throws {NexusError} Corrupt for a wrong count of files or versions, or fewer bytes stored than were written
   */
  async finish(): Promise<FinishReport> {
    const inventory = await this.#subject.inventory()
    this.#checkCounts(inventory)
    const storedBytes = inventory.storedBytes - this.#before.inventory.storedBytes
    this.#checkStored(inventory, storedBytes)
    return {
      iterations: this.#iterations,
      storedBytes,
      diskBytes: difference(inventory.diskBytes, this.#before.inventory.diskBytes),
      logicalBytes: this.#tree.logicalBytes - this.#before.logicalBytes,
      fsyncs: difference(this.#subject.fsyncs(), this.#before.fsyncs),
    }
  }

  get #order(): 'one-by-one' | 'at-once' {
    return this.#workload.clients === 1 ? 'one-by-one' : 'at-once'
  }

  async #prepare(iterations: number, contentOf: ContentOf): Promise<void> {
    const { prepares } = this.#workload
    if (prepares === undefined) return
    const files = Array.from({ length: iterations }, (_, at) => prepares(this.#iterations + at)).flat()
    this.#tree.prepare(files)
    await this.#subject.preload(files.map(({ path, content }) => ({ path, content: contentOf(content) })))
  }

  #planNext(contentOf: ContentOf): readonly PlannedCall[] {
    const calls = this.#tree.plan(this.#workload.acts(this.#iterations), this.#order, contentOf)
    this.#iterations += 1
    return calls
  }

  /**
   * Bytes by reference. Of one key the longest are made, in steps, and the others are their beginning: a file that grows needs
   * no copy of each version.
   */
  #contents(): ContentOf {
    const made = new Map<string, Uint8Array>()
    return (content) => {
      const known = made.get(content.key)
      if (known !== undefined && known.length >= content.size) return known.subarray(0, content.size)
      const size = known === undefined ? content.size : Math.max(content.size, 2 * known.length)
      const bytes = this.#source.bytes({ key: content.key, size })
      made.set(content.key, bytes)
      return bytes.subarray(0, content.size)
    }
  }

  async #coolDown(): Promise<number | undefined> {
    const { cold } = this.#workload
    const { folder } = this.#subject
    if (cold === undefined) return undefined
    if (folder === undefined) throw new NexusError('Unsupported', 'it keeps everything in memory and cannot be made cold')
    await this.#subject.reopen(() => dropPages(folder))
    for (const path of cold.warmed) await this.#subject.read(path)
    return bytesFetched()
  }

  /** A start that is to be wholly cold must be; where some files are warmed, the system may have read ahead. */
  async #fetched(before: number | undefined): Promise<ColdFacts | undefined> {
    const { cold, operations, bytesPerOperation } = this.#workload
    const after = cold === undefined ? undefined : await bytesFetched()
    if (cold === undefined || before === undefined || after === undefined) return undefined
    const coldBytes = (operations - cold.warmed.length) * bytesPerOperation
    const fetchedBytes = after - before
    if (cold.warmed.length > 0 || fetchedBytes >= coldBytes) return { coldBytes, fetchedBytes }
    throw new NexusError('Unsupported', `it could not be made cold: ${fetchedBytes} of ${coldBytes} bytes came from the disk`)
  }

  #checkCounts(inventory: Inventory): void {
    const { files, versions } = inventory
    const expectedVersions = this.#subject.traits.keepsVersions ? this.#tree.versions : this.#tree.files
    if (files === this.#tree.files && versions === expectedVersions) return
    const expected = `${this.#tree.files} files and ${expectedVersions} versions`
    throw new NexusError('Corrupt', `there are ${files} files and ${versions} versions, where the workload made ${expected}`)
  }

  /** Bytes that cannot be compressed and are not stored yet need at least their own length. */
  #checkStored(inventory: Inventory, growth: number): void {
    if (this.#subject.folder === undefined && !this.#subject.traits.keepsVersions) return
    const keeps = this.#subject.traits.keepsVersions
    const least = keeps ? this.#tree.distinctBytes - this.#before.distinctBytes : this.#tree.currentBytes
    const stored = keeps ? growth : inventory.storedBytes
    if (stored >= least) return
    throw new NexusError('Corrupt', `${stored} bytes are stored, where ${least} different ones were written`)
  }
}

interface Before {
  readonly inventory: Inventory
  readonly logicalBytes: number
  readonly distinctBytes: number
  readonly fsyncs: number | undefined
}

const emptyInventory: Inventory = { files: 0, versions: 0, storedBytes: 0, diskBytes: undefined }

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before
}

const run = promisify(execFile)

/**
 * Writes out and drops the cached pages of every file below a folder, without special rights: GNU `dd` with `nocache` and no data.
 * @throws {NexusError} Unsupported if this system's `dd` cannot
 */
async function dropPages(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await dropPagesOf(join(entry.parentPath, entry.name))
  }
}

async function dropPagesOf(file: string): Promise<void> {
  try {
    await run('dd', [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])
  } catch (cause) {
    throw new NexusError('Unsupported', 'cannot drop file pages: this needs GNU dd with oflag=nocache', { cause })
  }
}

/** Bytes that this process has made the system fetch from a disk; `undefined` where the system does not say. */
async function bytesFetched(): Promise<number | undefined> {
  const text = await readFile('/proc/self/io', 'utf8').catch(() => '')
  const match = /^read_bytes: (\d+)$/m.exec(text)
  return match === null ? undefined : Number(match[1])
}

/** Runs the calls of one iteration. Resolves with the nanoseconds from the first call to the last answer. */
async function timeIteration(subject: Subject, calls: readonly PlannedCall[], order: 'one-by-one' | 'at-once'): Promise<number> {
  const start = process.hrtime.bigint()
  if (order === 'one-by-one') for (const { call } of calls) await call(subject)
  else await Promise.all(calls.map(({ call }) => call(subject)))
  return Number(process.hrtime.bigint() - start)
}
