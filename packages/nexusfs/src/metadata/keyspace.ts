import { binaryText, concatBytes, fromHex, fromUtf8, ownBytes, readUint64, toHex, uint64, utf8 } from '../core/bytes.ts'
import { type Digest, digestKeyBytes } from '../core/digest.ts'
import { NexusError } from '../core/errors.ts'
import { type Id, idBytes } from '../core/id.ts'
import { isName } from '../core/path.ts'
import type { Revision } from '../core/revision.ts'
import { type Key, rangedGroupTags, type WrittenKey } from './metadata-store.ts'

/** Where each kind of row lives: the key layout of format 1, as `docs/format.md` tells it. */

const nothing = new Uint8Array(0)
const nul = Uint8Array.of(0)

const tag = (text: string): Uint8Array => utf8(text)
const slash = 0x2f
const tags = {
  directory: Uint8Array.of(rangedGroupTags.directory, slash),
  ended: tag('h/'),
  version: tag('v/'),
  content: tag('c/'),
  reference: Uint8Array.of(rangedGroupTags.reference, slash),
  manifest: tag('k/'),
  log: tag('l'),
  time: tag('t'),
  operation: tag('o'),
  detached: tag('z'),
  process: tag('p'),
  heartbeat: tag('b'),
  meta: tag('m'),
} as const

/** First byte of the groups of ended bindings, and of superseded versions. */
export const endedGroupTag: number | undefined = tags.ended[0]
export const versionGroupTag: number | undefined = tags.version[0]

/** The id of the root directory of every store. It has no entry of its own. */
export const rootId: Id = '0'.repeat(32) as Id

/** `d/<directory>`: the entries of a directory, by name. */
export function directoryGroup(directory: Id): Uint8Array {
  return concatBytes(tags.directory, idBytes(directory))
}

export function headKey(group: Uint8Array, name: string): Key {
  return { group, item: utf8(name) }
}

/**
 * The name in the item of a head.
 * @throws {NexusError} Corrupt if no path can have such a name: it would lead elsewhere
 */
export function nameInHeadKey(key: Key): string {
  try {
    const name = fromUtf8(key.item)
    if (isName(name)) return name
  } catch (cause) {
    throw notAName(key, cause)
  }
  throw notAName(key)
}

function notAName(key: Key, cause?: unknown): NexusError {
  const what = `a directory holds an entry that no path can name (${toHex(key.item)})`
  return new NexusError('Corrupt', `${what}`, { advice: 'restore the metadata from a backup', cause })
}

/** `h/<directory>` / name NUL REV: bindings of a name that ended. */
export function endedKey(directory: Id, name: string): WrittenKey {
  const item = concatBytes(utf8(name), nul)
  return { group: endedGroup(directory), item, revisionAt: item.length }
}

/** `h/<directory>`: the bindings of its names that ended. */
export function endedGroup(directory: Id): Uint8Array {
  return concatBytes(tags.ended, idBytes(directory))
}

/** The items of all ended bindings of one name; no name holds a NUL. */
export function endedRange(directory: Id, name: string): { group: Uint8Array; from: Uint8Array; to: Uint8Array } {
  const bytes = utf8(name)
  return { group: endedGroup(directory), from: concatBytes(bytes, nul), to: concatBytes(bytes, Uint8Array.of(1)) }
}

/** `v/<file>` / n: a version that was superseded. */
export function versionKey(file: Id, version: number): Key {
  return { group: versionGroup(file), item: uint64(version) }
}

/** The number in the item of a `v/` row; -1 if the item has another form. */
export function numberInVersionItem(item: Uint8Array): number {
  return item.length === 8 ? readUint64(item) : -1
}

export function versionGroup(file: Id): Uint8Array {
  return concatBytes(tags.version, idBytes(file))
}

/** `c/<domain>` / digest: what is stored of a content. The default domain is empty. */
export function contentKey(digest: Digest): Key {
  return { group: tags.content, item: digestKeyBytes(digest) }
}

export const contentGroup: Uint8Array = tags.content

/** `r/<domain><digest>` / file n: this version holds on to that content. */
export function referenceKey(digest: Digest, file: Id, version: number): Key {
  return { group: concatBytes(tags.reference, digestKeyBytes(digest)), item: concatBytes(idBytes(file), uint64(version)) }
}

/** `r/<digest>` / manifest: this manifest holds on to that chunk. */
export function chunkReferenceKey(chunk: Digest, manifest: ManifestId): Key {
  return { group: concatBytes(tags.reference, digestKeyBytes(chunk)), item: manifestBytes(manifest) }
}

/** `r/<digest>` / digest: a content that begins with this one, or has it as its last part, holds on to it. */
export function contentReferenceKey(held: Digest, by: Digest): Key {
  return { group: concatBytes(tags.reference, digestKeyBytes(held)), item: digestKeyBytes(by) }
}

declare const manifestBrand: unique symbol

/** Names the list of the chunks of a content: the id of the process that made it, and 16 random bytes, together 64 hexadecimal digits. */
export type ManifestId = string & { readonly [manifestBrand]: true }

export function manifestId(process: Id, nonce: Id): ManifestId {
  return `${process}${nonce}` as ManifestId
}

const manifestPattern = /^[0-9a-f]{64}$/

export function isManifestId(text: unknown): text is ManifestId {
  return typeof text === 'string' && manifestPattern.test(text)
}

/** `k/<manifest>`: the pages of its list. */
export function manifestGroup(manifest: ManifestId): Uint8Array {
  return concatBytes(tags.manifest, manifestBytes(manifest))
}

/** `k/<manifest>` / end offset: a page of its list, by where in the content the last chunk of the page ends. */
export function manifestPageKey(manifest: ManifestId, end: number): Key {
  return { group: manifestGroup(manifest), item: uint64(end) }
}

function manifestBytes(manifest: ManifestId): Uint8Array {
  return fromHex(manifest)
}

/** `l` / REV page: the log row of a commit; long ones go on in further pages. */
export function logKey(page: number): WrittenKey {
  return { group: tags.log, item: Uint8Array.of(page >> 8, page & 0xff), revisionAt: 0 }
}

export const logGroup: Uint8Array = tags.log

/** The least item of the log that a commit after this revision can have. */
export function logItemAfter(revision: Revision): Uint8Array {
  return uint64(revision + 1)
}

export function revisionInLogItem(item: Uint8Array): Revision {
  return readUint64(item) as Revision
}

/** `t` / second REV: the first commit of a process in that second. */
export function timeKey(second: number): WrittenKey {
  return { group: tags.time, item: uint64(second), revisionAt: 8 }
}

/** `o` / id: the barrier of a lost reply, or the result kept under a caller's key. */
export function operationKey(commit: Id): Key {
  return { group: tags.operation, item: idBytes(commit) }
}

/** `z` / directory: a tree that hangs in no directory. */
export function detachedKey(directory: Id): Key {
  return { group: tags.detached, item: idBytes(directory) }
}

/** `p` / process: the lease under which a process uploads. */
export function leaseKey(process: Id): Key {
  return { group: tags.process, item: idBytes(process) }
}

/** `b` / process: changed by a timer while the process lives. */
export function heartbeatKey(process: Id): Key {
  return { group: tags.heartbeat, item: idBytes(process) }
}

/** `m` / format: what the store is. */
export const formatKey: Key = { group: tags.meta, item: utf8('format') }

export const emptyValue: Uint8Array = nothing

const texts = new WeakMap<Key, string>()

/**
 * The key as a string for Maps: equal for equal keys. Remembered with the key object, since hot keys are asked for again and again.
 */
export function keyText(key: Key): string {
  const known = texts.get(key)
  if (known !== undefined) return known
  const text = textOf(key)
  texts.set(key, text)
  return text
}

/** The same text, not remembered: to remember a key that is used once costs ten times as much as its text. */
export function keyTextOnce(key: Key): string {
  return texts.get(key) ?? textOf(key)
}

function textOf({ group, item }: Key): string {
  return `${String.fromCharCode(group.length)}${binaryText(group)}${binaryText(item)}`
}

/** The same key for keeping: in memory that it shares with nobody. */
export function ownKey(key: Key): Key {
  const group = ownBytes(key.group)
  const item = ownBytes(key.item)
  return group === key.group && item === key.item ? key : { group, item }
}
