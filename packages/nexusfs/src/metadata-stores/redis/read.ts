import { readUint64, toHex } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { type Revision, toRevision } from '../../core/revision.ts'
import { checkedValue } from '../../metadata/checked-value.ts'
import type { Key, MetadataEntry, ReadReply, ReadRequest, Scan, ScanPage } from '../../metadata/metadata-store.ts'
import { PackedWriter, packBounds } from './packed-writer.ts'
import { asBytes, asList, asNumber, asText, type Reply } from './reply.ts'
import type { PackedRequest } from './request-queue.ts'

const stampBytes = 8

/** A read as `read-script.ts` takes it. */
export function packRead({ get = [], scan = [] }: ReadRequest): PackedRequest {
  const target = new PackedWriter()
  target.uint32(get.length)
  target.uint32(scan.length)
  for (const key of get) {
    target.short(key.group)
    target.short(key.item)
  }
  for (const one of scan) packScan(target, one)
  const listed = scan.reduce((sum, { limit }) => sum + limit, 0)
  const packed = target.finish()
  return { packed, long: [], bytes: packed.length, weight: get.length + listed }
}

/** A scan as `read-script.ts` reads it. */
function packScan(target: PackedWriter, scan: Scan): void {
  target.uint8(scan.reverse === true ? 1 : 0)
  target.short(scan.group)
  packBounds(target, scan)
  target.uint32(scan.limit)
}

/** What the server found for one read: the values of its keys and its pages, or why not; and its own time. */
export type FoundByRead =
  | { readonly values: readonly Reply[]; readonly pages: readonly Reply[]; readonly time: number }
  | { readonly broken: string }

/**
 * The answer of `read-script.ts`, read by read. The server's clock may have been set back, or be that of another server than before; the
 * time is never below that of a commit.
 */
export function toFound(reply: readonly Reply[]): readonly FoundByRead[] {
  const clock = asNumber(reply[2]) * 1000 + Math.floor(asNumber(reply[3]) / 1000)
  const time = Math.max(clock, asNumber(reply[4]))
  const found: FoundByRead[] = []
  for (let i = 5; i + 1 < reply.length; i += 2) found.push(toOneFound(reply[i], reply[i + 1], time))
  return found
}

function toOneFound(values: Reply | undefined, pages: Reply | undefined, time: number): FoundByRead {
  return Buffer.isBuffer(values) ? { broken: asText(values) } : { values: asList(values), pages: asList(pages), time }
}

/**
 * What was found means this for the request.
 * @throws {NexusError} Corrupt if another program has changed what the read touches
 */
export function toReadReply({ get = [], scan = [] }: ReadRequest, found: FoundByRead): ReadReply {
  if ('broken' in found) {
    const text = `metadata.read: ${found.broken}: another program changes keys of this store`
    throw new NexusError('Corrupt', text, { advice: 'give it a prefix of its own', operation: 'metadata.read' })
  }
  const { values, pages, time } = found
  return {
    get: get.map((key, i) => toEntry(key, values[i])),
    scan: scan.map((one, i) => toPage(one, asList(pages[i]))),
    time,
  }
}

function toEntry(key: Key, stored: Reply | undefined): MetadataEntry | undefined {
  return stored === null || stored === undefined ? undefined : decode(key, asBytes(stored))
}

function toPage({ group }: Scan, reply: readonly Reply[]): ScanPage {
  const entries: MetadataEntry[] = []
  for (let i = 1; i + 1 < reply.length; i += 2) {
    const key = { group, item: new Uint8Array(asBytes(reply[i])) }
    entries.push(decode(key, asBytes(reply[i + 1])))
  }
  return { entries, hasMore: reply[0] === 1 }
}

/**
 * Copies, so that one small entry does not keep a whole chunk of the socket in memory.
 * @throws {NexusError} Corrupt if it is not as it was written, or was written under another key
 */
function decode(key: Key, stored: Buffer): MetadataEntry {
  const revision = toStampedRevision(stored)
  const end = stored.length - stampBytes
  if (end >= stampBytes && stored.compare(stored, 0, stampBytes, end) === 0) {
    const value = checkedValue(key, revision, stored.subarray(stampBytes, end))
    if (value !== undefined) return { key, value: new Uint8Array(value), revision }
  }
  const context = { reason: 'checksum', group: toHex(key.group), item: toHex(key.item) }
  throw new NexusError('Corrupt', 'metadata.read: an entry in Redis is damaged, or another program has written it', {
    advice: 'restore it from a backup',
    operation: 'metadata.read',
    context,
  })
}

/**
 * The revision in the first 8 bytes of a stored value.
 * @throws {NexusError} Corrupt if there is none
 */
export function toStampedRevision(stored: Buffer): Revision {
  const revision = stored.length < stampBytes ? -1 : readUint64(stored)
  if (revision >= 0 && Number.isSafeInteger(revision)) return toRevision(revision)
  throw new NexusError('Corrupt', 'redis: an entry of the store is not in its form', { advice: 'another program has written it' })
}
