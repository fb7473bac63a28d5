import type {
  Commit,
  CommitResult,
  Expectation,
  ItemRange,
  Key,
  MetadataEntry,
  MetadataStore,
  Revision,
  Scan,
  ScanPage,
  Write,
  WrittenKey,
} from 'nexusfs'
import { binaryText, utf8 } from 'nexusfs/adapter-kit'
import { LawBroken } from '../expect.ts'
import type { Law } from '../law.ts'

export type MetadataLaw = Law<MetadataStore>

/** Text stands for its UTF-8 bytes. */
export type Bytes = string | Uint8Array

export function bytesOf(bytes: Bytes): Uint8Array {
  return typeof bytes === 'string' ? utf8(bytes) : bytes
}

/** A key of the group `g`, in which no range may be expected, unless a group is given. */
export function key(item: Bytes, group: Bytes = 'g'): Key {
  return { group: bytesOf(group), item: bytesOf(item) }
}

/** A key with a REV slot, in the group `l` unless one is given. */
export function slotKey(item: Bytes, revisionAt: number, group: Bytes = 'l'): WrittenKey {
  return { group: bytesOf(group), item: bytesOf(item), revisionAt }
}

export function put(target: WrittenKey, value: Bytes = ''): Write & { kind: 'put' } {
  return { kind: 'put', key: target, value: bytesOf(value) }
}

export function remove(target: Key): Write {
  return { kind: 'delete', key: target }
}

export function at(target: Key, revision: Revision): Expectation {
  return { kind: 'at', key: target, revision }
}

export function absent(target: Key): Expectation {
  return { kind: 'absent', key: target }
}

export function present(target: Key): Expectation {
  return { kind: 'present', key: target }
}

export interface Bounds {
  readonly from?: Bytes | undefined
  readonly to?: Bytes | undefined
}

export function range(group: Bytes, count: number, maxRevision: Revision, bounds: Bounds = {}): Expectation {
  return { kind: 'range', range: itemRange(group, bounds), count, maxRevision }
}

export function scan(group: Bytes, bounds: Bounds & { limit?: number; reverse?: boolean } = {}): Scan {
  return { ...itemRange(group, bounds), limit: bounds.limit ?? 10_000, reverse: bounds.reverse }
}

function itemRange(group: Bytes, { from, to }: Bounds): ItemRange {
  return { group: bytesOf(group), from: optionalBytes(from), to: optionalBytes(to) }
}

function optionalBytes(bytes: Bytes | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : bytesOf(bytes)
}

export function commitOf(writes: readonly Write[], expect: readonly Expectation[] = []): Commit {
  return { expect, writes }
}

/** One commit alone in its list. */
export async function commitOne(
  port: MetadataStore,
  writes: readonly Write[],
  expect: readonly Expectation[] = [],
): Promise<CommitResult> {
  return theOne(await port.commit([commitOf(writes, expect)]))
}

/**
 * The revision of a commit that has no reason to fail.
 * @throws {LawBroken} if it is not committed
 */
export async function mustCommit(
  port: MetadataStore,
  writes: readonly Write[],
  expect: readonly Expectation[] = [],
): Promise<Revision> {
  return revisionOf(await commitOne(port, writes, expect))
}

/**
 * @throws {LawBroken} unless the result says that it is committed
 */
export function revisionOf(result: CommitResult | undefined): Revision {
  if (result?.status === 'committed') return result.revision
  throw new LawBroken('a commit whose expectations hold is committed', { expected: 'committed', actual: result })
}

export async function entryOf(port: MetadataStore, target: Key): Promise<MetadataEntry | undefined> {
  const { get } = await port.read({ get: [target] })
  return get[0]
}

/** The value as UTF-8 text, `undefined` if the key is absent. */
export async function textOf(port: MetadataStore, target: Key): Promise<string | undefined> {
  const entry = await entryOf(port, target)
  return entry && new TextDecoder().decode(entry.value)
}

export async function pageOf(port: MetadataStore, request: Scan): Promise<ScanPage> {
  const reply = await port.read({ scan: [request] })
  return theOne(reply.scan)
}

/** The items of a page, written for people. */
export async function itemsOf(port: MetadataStore, request: Scan): Promise<readonly string[]> {
  return shownItems(await pageOf(port, request))
}

export function shownItems(page: ScanPage): readonly string[] {
  return page.entries.map((entry) => shownBytes(entry.key.item))
}

/** `group/item` for reports. */
export function shownKey(target: Key): string {
  return `${shownBytes(target.group)}/${shownBytes(target.item)}`
}

/** Printable ASCII as it is, every other byte as `\xff`. */
export function shownBytes(bytes: Bytes): string {
  const text = binaryText(bytesOf(bytes))
  if (/^[!-[\]-~]*$/.test(text)) return text
  const shown = [...bytesOf(bytes)].map((byte) =>
    byte > 0x20 && byte < 0x7f && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  )
  return shown.join('')
}

/**
 * The only element of a list.
 * @throws {LawBroken} if there is not exactly one
 */
function theOne<Item>(items: readonly Item[]): Item {
  const [item] = items
  if (item !== undefined && items.length === 1) return item
  throw new LawBroken('a list of one is answered by a list of one', { expected: '1 element', actual: `${items.length} elements` })
}

/** `size` numbers from 0. */
export function upTo(size: number): readonly number[] {
  return Array.from({ length: size }, (_, index) => index)
}

/** A number whose text order is its order. */
export function padded(number: number): string {
  return String(number).padStart(6, '0')
}
