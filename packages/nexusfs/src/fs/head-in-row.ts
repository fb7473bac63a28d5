import { toHex } from '../core/bytes.ts'
import { digestOf } from '../core/digest.ts'
import { limits } from '../core/limits.ts'
import { endedGroupTag, numberInVersionItem, rootId, versionGroupTag } from '../metadata/keyspace.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import type { FileHead, Head } from './head.ts'

const emptyDigest = digestOf(new Uint8Array(0))

/**
 * Whether a head can stand in the row in which it was found: a `v/` row holds the version of the file or link that its key names, an `h/` row
 * a binding that ended, a `d/` row one that did not; nothing is newer than its row. What cannot be is damage.
 */
export function fitsRow(head: Head, { key, revision }: MetadataEntry): boolean {
  const { id, born = 0, ended } = head
  if (id === rootId || born > revision) return false
  const tag = key.group[0]
  if ((tag === endedGroupTag) !== (ended !== undefined)) return false
  if (ended !== undefined && ended.revision >= revision) return false
  if (head.kind === 'directory') return tag !== versionGroupTag
  if ((head.revision ?? 0) > revision || (head.kind === 'file' && !hasItsBytes(head))) return false
  return tag !== versionGroupTag || (toHex(key.group.subarray(2)) === id && numberInVersionItem(key.item) === head.version)
}

/** Tiny content is inside, no other is, and there is one digest of nothing. */
function hasItsBytes({ size, digest, bytes }: FileHead): boolean {
  if (size === 0) return digest === emptyDigest && bytes === undefined
  return bytes === undefined ? size > limits.tinyContentBytes : bytes.length === size && size <= limits.tinyContentBytes
}
