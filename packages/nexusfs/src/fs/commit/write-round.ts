import { largestRestored } from '../../content/extended-content.ts'
import type { IncomingContent } from '../../content/incoming-content.ts'
import { limits } from '../../core/limits.ts'
import type { NexusPath } from '../../core/path.ts'
import { type Revision, revisionZero } from '../../core/revision.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { writtenEntry } from '../model/entry.ts'
import { etagOf, type FileHead } from '../model/head.ts'
import type { Preconditions } from '../model/options.ts'
import { requirePreconditions } from '../resolve/expect-path.ts'
import type { Resolved } from '../resolve/resolver.ts'
import { isOutcomeUnknown } from './committer.ts'
import { contentOf } from './content-of-version.ts'
import type { FsContext } from './context.ts'
import { FileWrites } from './file-writes.ts'
import { type Attempt, mutate } from './mutation.ts'
import { attemptOf, fileAt, freshForMs, lookUpOne, seemsKnown } from './plan-writes.ts'
import type { WaitingWrite } from './write-groups.ts'

/** New content of one commit, in bytes; what does not fit goes into the next one. */
const mostBytes = 4 * 1024 * 1024

/** What the commit that is being made does for one of the writes. */
type Verdict =
  | { readonly member: WaitingWrite; readonly head: FileHead }
  /** A precondition does not hold, in the state that the writes before it leave. */
  | { readonly member: WaitingWrite; readonly refused: Refusal }

type Refusal = (revision: Revision) => unknown

/** A round that has to be left to writes one by one. */
const alone = 'alone'

/**
 * Commits writes of one path together, in their order; each is told what became of it. Whatever cannot be done together is done one by
 * one, as if there were no groups.
 */
export async function commitTogether(fs: FsContext, path: NexusPath, members: readonly WaitingWrite[]): Promise<void> {
  let left = members.filter(({ isWanted }) => isWanted)
  while (left.length > 0) {
    const done = left.length === 1 ? alone : await new WriteRound(fs, path, left).run()
    if (done === alone) for (const member of left) await member.goAlone()
    left = done === alone ? [] : left.filter((member) => member.isWanted && !done.has(member))
  }
}

class WriteRound {
  readonly #fs: FsContext
  readonly #path: NexusPath
  readonly #members: readonly WaitingWrite[]
  readonly #controller = new AbortController()
  #verdicts: readonly Verdict[] = []
  #tries = 0

  constructor(fs: FsContext, path: NexusPath, members: readonly WaitingWrite[]) {
    this.#fs = fs
    this.#path = path
    this.#members = members
  }

  /** Those who have been told. */
  async run(): Promise<ReadonlySet<WaitingWrite> | typeof alone> {
    for (const member of this.#members) member.onCancel = () => this.#stopIfNobodyWaits()
    const { author, reason } = this.#options
    const done = new Set<WaitingWrite>()
    try {
      const tell = await mutate(this.#fs, { author, reason, signal: this.#controller.signal }, () => this.#attempt())
      if (tell === alone) return alone
      tell()
      for (const { member } of this.#verdicts) done.add(member)
    } catch (error) {
      const written = this.#verdicts.filter((verdict) => 'head' in verdict)
      if (written.length === 0) return alone
      for (const { member } of written) {
        member.fail(error, isOutcomeUnknown(error) ? 'unresolved' : 'dropped')
        done.add(member)
      }
    }
    return done
  }

  #stopIfNobodyWaits(): void {
    if (!this.#members.some(({ isWanted }) => isWanted)) this.#controller.abort()
  }

  async #attempt(): Promise<Attempt<typeof alone | (() => void)>> {
    this.#verdicts = []
    for (const member of this.#members) member.startAttempt()
    try {
      return await this.#plan()
    } catch {
      return { done: alone }
    }
  }

  async #plan(): Promise<Attempt<typeof alone | (() => void)>> {
    const fs = this.#fs
    const { signal } = this.#controller
    const wanted = this.#members.filter(({ isWanted }) => isWanted)
    const given = wanted.flatMap(({ write }) => write.incoming ?? [])
    const { resolved, rows, time } = await lookUpOne(fs, this.#path, given, signal)
    const began = fs.clock.monotonic()
    const file = fileAt(resolved)
    const isRead = file !== undefined && wanted.some(({ write }) => write.next !== undefined)
    if (isRead && file.head.size > Math.min(fs.inlineBytes, largestRestored)) return { done: alone }
    const content = isRead ? await contentOf(fs, this.#path, file.head, signal) : undefined
    const { author = fs.author, reason, parents } = this.#options
    const writes = new FileWrites(fs, { author, reason, parents, signal, time, rows })
    const contents = await this.#planVersions(writes, resolved, content)
    if (contents === undefined) return { done: alone }
    const isLate = fs.clock.monotonic() - began > freshForMs
    const isAgain = this.#tries++ > 0
    const made = contents.filter((each) => !given.includes(each))
    if (made.length > 0 && (isAgain || isLate || made.some((each) => seemsKnown(fs, each, file)))) {
      const again = await fs.resolver.resolve(this.#path, { get: made.map(({ key }) => key), signal })
      if (fileAt(again.resolved)?.etag !== file?.etag) return { again: true }
      for (const [index, { digest }] of made.entries()) rows.set(digest, again.get[index])
    }
    await writes.finish()
    writes.plan.contents = contents
    if (this.#verdicts.some(({ member }) => !member.isWanted)) return { again: true }
    for (const verdict of this.#verdicts) verdict.member.phase = 'head' in verdict ? 'committing' : 'waiting'
    return attemptOf(writes, (revision) => () => this.#tell(revision))
  }

  /**
   * Plans the versions one on top of the other, until the commit is full; what they bring in. `undefined` if one of them is too large for a
   * row: then it has an upload of its own.
   */
  async #planVersions(
    writes: FileWrites,
    resolved: Resolved,
    before: Uint8Array | undefined,
  ): Promise<readonly IncomingContent[] | undefined> {
    const verdicts: Verdict[] = []
    const contents: IncomingContent[] = []
    let bytes = 0
    let last = before
    for (const member of this.#members.filter(({ isWanted }) => isWanted)) {
      const { options, incoming, next, toItem } = member.write
      const refused = refusal(resolved, writes.headOf(resolved), options)
      if (refused !== undefined) {
        verdicts.push({ member, refused })
        continue
      }
      const content = incoming ?? (await this.#fs.content.receive(next?.(last) ?? noBytes))
      if (content !== incoming) member.contents.push(content)
      if (content.size > this.#fs.inlineBytes && content.size > limits.tinyContentBytes) return undefined
      bytes += content.size
      if (bytes > mostBytes && contents.length > 0) break
      member.phase = 'planned'
      content.startAttempt()
      contents.push(content)
      last = content.bytes
      verdicts.push({ member, head: writes.writeNext(toItem(content), resolved) })
    }
    this.#verdicts = verdicts
    return contents
  }

  #tell(revision: Revision): void {
    for (const verdict of this.#verdicts) {
      if ('head' in verdict) verdict.member.succeed(writtenEntry(this.#path, verdict.head, revision))
      else verdict.member.fail(verdict.refused(revision))
    }
  }

  /** What all of them share. */
  get #options(): WaitingWrite['write']['options'] {
    return this.#members[0]?.write.options ?? {}
  }
}

const noBytes = new Uint8Array(0)

/** In place of the row of a version that is not committed yet. */
const noRow: MetadataEntry = { key: { group: noBytes, item: noBytes }, value: noBytes, revision: revisionZero }

/**
 * Why preconditions do not hold, as it is told once it is known which revision has written the version before in the same commit;
 * `undefined` if they hold. Nobody has that version's etag yet.
 */
function refusal(resolved: Resolved, head: FileHead | undefined, wanted: Preconditions): Refusal | undefined {
  const judge = (etag: string): unknown => {
    try {
      requirePreconditions(head === undefined ? resolved : { ...resolved, bound: { head, etag, entry: noRow } }, wanted)
      return undefined
    } catch (error) {
      return error
    }
  }
  const refused = judge('')
  if (refused === undefined) return undefined
  return (revision) => (head && judge(etagOf(head, revision))) ?? refused
}
