import { readUint64 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { type Revision, toRevision } from '../../core/revision.ts'
import type { Key, MetadataEntry, ReadReply, ReadRequest, Scan, ScanPage } from '../../metadata/metadata-store.ts'
import { packScan } from './pack-commit.ts'
import { PackedWriter } from './packed-writer.ts'
import { asBytes, asList, asNumber, type Reply } from './reply.ts'

const stampBytes = 8

/** A request as `read-script.ts` reads it. */
export function packReadRequest({ get = [], scan = [] }: ReadRequest): Buffer {
  const target = new PackedWriter()
  target.uint32(get.length)
  target.uint32(scan.length)
  for (const key of get) {
    target.short(key.group)
    target.short(key.item)
  }
  for (const one of scan) packScan(target, one)
  return target.finish()
}

/** What the answer of `read-script.ts` means for that request. */
export function toReadReply({ get = [], scan = [] }: ReadRequest, reply: readonly Reply[]): ReadReply {
  const [, , seconds, microseconds, values, pages] = reply
  const found = asList(values)
  const listed = asList(pages)
  return {
    get: get.map((key, i) => toEntry(key, found[i])),
    scan: scan.map((one, i) => toPage(one, asList(listed[i]))),
    time: asNumber(seconds) * 1000 + Math.floor(asNumber(microseconds) / 1000),
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

/** Copies, so that one small entry does not keep a whole chunk of the socket in memory. */
function decode(key: Key, stored: Buffer): MetadataEntry {
  return { key, value: new Uint8Array(stored.subarray(stampBytes)), revision: toStampedRevision(stored) }
}

/**
 * The revision in the first 8 bytes of a stored value.
 * @throws {NexusError} Corrupt if there is none
 */
export function toStampedRevision(stored: Buffer): Revision {
  const revision = stored.length < stampBytes ? -1 : readUint64(stored)
  if (revision >= 0 && Number.isSafeInteger(revision)) return toRevision(revision)
  throw new NexusError('Corrupt', 'redis: an entry of the store is not in its form; another program has written it')
}
