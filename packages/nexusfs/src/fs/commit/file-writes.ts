import { type ContentPlan, type IncomingContent, InlineBudget } from '../../content/incoming-content.ts'
import type { StoredContent } from '../../content/stored-content.ts'
import type { Digest } from '../../core/digest.ts'
import { NexusError } from '../../core/errors.ts'
import { newId } from '../../core/id.ts'
import { limits } from '../../core/limits.ts'
import { type NexusPath, parentOf, rootPath } from '../../core/path.ts'
import type { Revision } from '../../core/revision.ts'
import { emptyValue, referenceKey, versionKey } from '../../metadata/keyspace.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import {
  type BoundFile,
  bornRevision,
  defaultMode,
  type FileHead,
  isFile,
  isSameTime,
  type ModifiedTime,
  nextModified,
  versionRevision,
  withExecutable,
} from '../model/head.ts'
import { encodeHead } from '../model/head-codec.ts'
import type { Preconditions } from '../model/options.ts'
import type { DirectoryHint } from '../resolve/directory-hints.ts'
import { alreadyExists, isADirectory, notADirectory, requirePreconditions } from '../resolve/expect-path.ts'
import { pathUnchanged, type Resolved } from '../resolve/resolver.ts'
import { type Made, NewDirectories } from './bindings.ts'
import { CommitPlan, lineOf } from './commit-plan.ts'
import type { FsContext } from './context.ts'

/** A new version of one file. */
export interface FileWrite extends Preconditions {
  /** As it was asked for. */
  readonly path: NexusPath
  readonly kind: 'write' | 'rollback' | 'copy' | 'chmod' | 'utimes'
  readonly content: WrittenContent
  /** As the version before if absent. */
  readonly mode?: number | undefined
  /** Sets or clears the bits of the mode that let it be executed. */
  readonly executable?: boolean | undefined
  readonly modified?: ModifiedTime | undefined
  /** Of the local file that an import has read. */
  readonly stamp?: string | undefined
}

/**
 * Bytes that come in; content that the store has already, with its row (which tiny content does not have); or what the file itself has
 * now, which its own reference keeps, so that nobody need look at it.
 */
export type WrittenContent =
  | { readonly kind: 'own'; readonly head: FileHead }
  | { readonly kind: 'incoming'; readonly incoming: IncomingContent }
  | { readonly kind: 'stored'; readonly head: FileHead; readonly row: MetadataEntry | undefined; readonly stored: StoredContent }

/** What all writes of one commit share. */
export interface FileWritesOptions extends Made {
  readonly reason: string | undefined
  readonly parents: boolean | undefined
  readonly signal: AbortSignal | undefined
  /** The content rows in the snapshot, by digest. */
  readonly rows: ReadonlyMap<Digest, MetadataEntry | undefined>
}

/** Inline bytes of one commit; content beyond them goes to the storage backend, so that any batch fits into a commit. */
const inlineBudget = limits.commitBytes / 2
/** So many files fit into a commit whatever their names, authors, reasons and directories. */
const alwaysFits = 100
/** The row of a content without its bytes, at most. */
const contentRowBytes = 512
/** Author and reason in the log row, in their longest JSON form. */
const wordsBytes = 32 * 1024

interface PlannedFile {
  readonly write: FileWrite
  readonly resolved: Resolved
  readonly parent: DirectoryHint
  readonly head: FileHead
  /** The version that this commit supersedes. */
  readonly old: BoundFile | undefined
  /** The version of the same commit that this one supersedes. */
  readonly before?: PlannedFile | undefined
}

/** The writes of one commit: each path gets at most one new version by `write`, and one more by each `writeNext`. */
export class FileWrites {
  readonly plan: CommitPlan
  readonly directories: NewDirectories
  readonly #fs: FsContext
  readonly #options: FileWritesOptions
  /** By the paths that the links on the way lead to. */
  readonly #files = new Map<NexusPath, PlannedFile>()
  /** Files that are already as they are to be. */
  readonly #unchanged = new Map<NexusPath, FileHead>()
  readonly #contents = new Map<Digest, Promise<ContentPlan>>()
  readonly #inline: InlineBudget
  /** Contents of files that keep their versions. */
  readonly #kept = new Map<Digest, IncomingContent>()

  constructor(fs: FsContext, options: FileWritesOptions) {
    this.#fs = fs
    this.#options = options
    this.plan = new CommitPlan(options.time)
    this.#inline = new InlineBudget(fs.inlineBytes, inlineBudget)
    this.directories = new NewDirectories(fs, this.plan, options)
  }

  /**
   * Plans a write after those before it. Of several writes to one path the last one makes the version.
   * @throws {NexusError} IsADirectory, NotADirectory, NotFound (parents), AlreadyExists and Conflict (preconditions)
   */
  write(write: FileWrite, resolved: Resolved): void {
    const { path } = resolved
    // A way that leads up from a missing directory ends there, whatever this plan makes of it.
    const isDangling = resolved.obstacle?.kind === 'dangling'
    const earlier = isDangling ? undefined : this.#files.get(path)
    const old = isFile(resolved.bound) ? resolved.bound : undefined
    if (earlier === undefined && old !== undefined && isWrittenAlready(write, old.head)) {
      this.#leave(write, old, resolved)
      return
    }
    if (earlier === undefined) requirePreconditions(resolved, write)
    else requireAgain(write)
    const isMade = !isDangling && this.directories.get(path) !== undefined
    if (isMade && write.ifNoneMatch !== undefined) throw alreadyExists(write.path)
    if (isMade || resolved.directory !== undefined) throw isADirectory(write.path)
    const parent = this.parentFor(resolved)
    this.#files.set(path, {
      write,
      resolved,
      parent,
      old,
      head: this.#newHead(write, old?.head, old && bornRevision(old), earlier?.head),
    })
  }

  /**
   * Plans a version on top of the one that this plan writes to the same path, if it does; the head of the new one. Preconditions are
   * the caller's to judge, against what `headOf` gives.
   * @throws {NexusError} as `write`
   */
  writeNext(write: FileWrite, resolved: Resolved): FileHead {
    const before = this.#files.get(resolved.path)
    if (before === undefined) {
      this.write({ ...write, ifMatch: undefined, ifNoneMatch: undefined }, resolved)
    } else {
      const head = this.#newHead(write, before.head, before.head.born, undefined)
      this.#files.set(resolved.path, { ...before, write, head, before })
    }
    const planned = this.headOf(resolved)
    if (planned === undefined) throw new NexusError('Unexpected', `${write.path}: no version was planned for this write`)
    return planned
  }

  /** The version that stands at the path once this commit is applied, if this plan writes one. */
  headOf(resolved: Resolved): FileHead | undefined {
    return this.#files.get(resolved.path)?.head
  }

  #leave({ content }: FileWrite, old: BoundFile, resolved: Resolved): void {
    this.plan.expect(...pathUnchanged(resolved))
    this.plan.expect({ kind: 'at', key: old.entry.key, revision: old.entry.revision })
    this.#unchanged.set(resolved.path, { ...old.head, revision: versionRevision(old) })
    if (content.kind === 'incoming') this.keep(content.incoming)
  }

  /** A file keeps the version that it has, with this content: it is stored again if what is stored cannot be relied on. */
  keep(incoming: IncomingContent): void {
    if (incoming.size > limits.tinyContentBytes) this.#kept.set(incoming.digest, incoming)
  }

  /** The directory of a path, made if it is missing; no file that this plan writes may stand above it. */
  parentFor(resolved: Resolved): DirectoryHint {
    if (this.#files.size > 0) {
      for (let above = parentOf(resolved.path); above !== rootPath; above = parentOf(above)) {
        if (this.#files.has(above)) throw notADirectory(above)
      }
    }
    return this.directories.parentFor(resolved, this.#options.parents)
  }

  /**
   * Completes the plan, uploading what must be; the heads by the paths that links lead to. Tiny content lives in
   * the head. The row of other content is introduced, or expected unchanged, once in a commit.
   * @throws {NexusError} InvalidArgument, before any upload, if the writes do not fit into one commit
   */
  async finish(): Promise<ReadonlyMap<NexusPath, FileHead>> {
    const heads = new Map(this.#unchanged)
    for (const [path, planned] of this.#files) {
      this.#putHead(planned)
      heads.set(path, planned.head)
    }
    const versions = [...this.#files.values()].flatMap(withThoseBefore)
    const referred = versions.filter(({ head }) => head.bytes === undefined && head.size > 0)
    for (const { head } of referred) this.plan.put(referenceKey(head.digest, head.id, head.version), emptyValue)
    if (this.#files.size > alwaysFits) this.#inline.limit(roomForContents(this.plan, this.#files.size, referred.length))
    for (const { write, head } of referred) {
      const { content } = write
      if (content.kind === 'own' || this.#contents.has(head.digest)) continue
      this.#contents.set(head.digest, this.#planContent(content, head))
    }
    const mended = this.#mend()
    // All uploads end before any failure is thrown: the caller that settles the contents then knows what was uploaded.
    await Promise.allSettled([...this.#contents.values(), ...mended])
    this.#take(await Promise.all(this.#contents.values()))
    this.#take((await Promise.all(mended)).filter(({ writes }) => writes.length > 0))
    return heads
  }

  /** What is kept and also written is planned once. */
  #mend(): readonly Promise<ContentPlan>[] {
    const kept = [...this.#kept].filter(([digest]) => !this.#contents.has(digest))
    return kept.map(([, incoming]) => this.#introduce(incoming))
  }

  #take(plans: readonly ContentPlan[]): void {
    for (const { expect, writes } of plans) {
      this.plan.expect(...expect)
      this.plan.add(...writes)
    }
  }

  #newHead(write: FileWrite, old: FileHead | undefined, born: Revision | undefined, earlier: FileHead | undefined): FileHead {
    const { time, author, reason } = this.#options
    const { digest, size, bytes } = contentOf(write.content)
    return {
      kind: 'file',
      id: old?.id ?? earlier?.id ?? newId(this.#fs.random),
      version: (old?.version ?? 0) + 1,
      digest,
      size,
      createdAt: old?.createdAt ?? time,
      modifiedAt: write.modified?.modifiedAt ?? nextModified(time, old?.modifiedAt),
      modifiedNanoseconds: write.modified?.modifiedNanoseconds,
      changedAt: time,
      mode: withExecutable(write.mode ?? earlier?.mode ?? old?.mode ?? defaultMode.file, write.executable),
      author,
      reason,
      born,
      bytes: size > 0 && size <= limits.tinyContentBytes ? bytes : undefined,
      stamp: write.stamp,
    }
  }

  /** The version before moves to the file's history, and so do those of this commit that are superseded in it. */
  #putHead(planned: PlannedFile): void {
    const { resolved, parent, head, old } = planned
    const key = this.directories.keyOf(parent, resolved)
    if (old === undefined) {
      this.plan.expect({ kind: 'absent', key })
    } else {
      this.plan.expect({ kind: 'at', key, revision: old.entry.revision })
      this.#putVersion({ ...old.head, revision: versionRevision(old) })
    }
    let size = old?.head.size ?? 0
    for (const each of withThoseBefore(planned)) {
      if (each !== planned) this.#putVersion(each.head)
      this.plan.log({ ...lineOf(each.write.kind, parent.id, resolved.path, each.head), delta: each.head.size - size })
      size = each.head.size
    }
    this.plan.put(key, encodeHead(head))
  }

  #putVersion(superseded: FileHead): void {
    this.plan.put(versionKey(superseded.id, superseded.version), encodeHead({ ...superseded, born: undefined }))
  }

  #planContent(content: Exclude<WrittenContent, { kind: 'own' }>, { digest }: FileHead): Promise<ContentPlan> {
    if (content.kind === 'incoming') return this.#introduce(content.incoming)
    return content.stored.plan(digest, content.row, this.#inline, this.#options.signal)
  }

  #introduce(incoming: IncomingContent): Promise<ContentPlan> {
    return incoming.plan(this.#options.rows.get(incoming.digest), this.#inline, this.#options.signal)
  }
}

/**
 * The bytes of content that the commit has room for.
 * @throws {NexusError} InvalidArgument if it has no room for the contents' rows
 */
function roomForContents(plan: CommitPlan, files: number, contents: number): number {
  const { writes, bytes, expectations } = plan.used
  const room = limits.commitBytes - bytes - contents * contentRowBytes - wordsBytes
  const refuse = (need: string): never => {
    const message = `${files} files do not fit into one commit: they need ${need}`
    throw new NexusError('InvalidArgument', message, { advice: 'write fewer at once', outcome: 'none', context: { files } })
  }
  const rows = writes + contents
  if (rows > limits.commitWrites) refuse(`${rows} rows, with those of missing directories, of at most ${limits.commitWrites}`)
  const most = 2 * limits.commitWrites
  const looks = expectations + 2 * contents
  if (looks > most) refuse(`${looks} rows unchanged, with those of the directories above, of at most ${most}`)
  if (room < 0) refuse(`more than ${limits.commitBytes} bytes for their names, authors and reasons`)
  return room
}

/** The versions that one commit gives one file, the oldest first. */
function withThoseBefore(planned: PlannedFile): readonly PlannedFile[] {
  const versions: PlannedFile[] = []
  for (let each: PlannedFile | undefined = planned; each !== undefined; each = each.before) versions.push(each)
  return versions.reverse()
}

function contentOf(content: WrittenContent): Pick<FileHead, 'digest' | 'size' | 'bytes'> {
  return content.kind === 'incoming' ? content.incoming : content.head
}

/** With a digest as precondition: true if a write before this one, its own first attempt perhaps, has left nothing to do. */
function isWrittenAlready({ content, mode, executable, modified, ifMatch, ifNoneMatch }: FileWrite, head: FileHead): boolean {
  if (typeof ifMatch !== 'object' || !('digest' in ifMatch) || ifNoneMatch !== undefined || content.kind === 'own') return false
  if (head.digest !== contentOf(content).digest || head.mode !== withExecutable(mode ?? head.mode, executable)) return false
  return modified === undefined || isSameTime(head, modified)
}

/** A path that the same commit has written before exists, in a version that nobody has seen yet. */
function requireAgain({ path, ifMatch, ifNoneMatch }: FileWrite): void {
  if (ifNoneMatch !== undefined) throw alreadyExists(path)
  if (ifMatch === undefined) return
  throw new NexusError('Conflict', `${path} is written twice in one batch, and ifMatch names a version from before it`, {
    context: { path },
  })
}
