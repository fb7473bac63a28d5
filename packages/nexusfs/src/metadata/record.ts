import { concatBytes, fromUtf8, utf8 } from '../core/bytes.ts'
import { NexusError } from '../core/errors.ts'

/** The form of every value that is not empty: a JSON object, then, if there are bytes, a NUL and the bytes. */
export interface StoredRecord {
  readonly fields: RecordFields
  readonly bytes: Uint8Array | undefined
}

/** Fields that are `undefined` are left out. Fields that a reader does not know are ignored. */
export type RecordFields = Readonly<Record<string, unknown>>

const separator = Uint8Array.of(0)

export function encodeRecord(fields: RecordFields, bytes?: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = utf8(JSON.stringify(fields))
  return bytes === undefined ? head : concatBytes(head, separator, bytes)
}

/**
 * @throws {NexusError} Corrupt if the value has another form
 */
export function decodeRecord(value: Uint8Array): StoredRecord {
  const end = value.indexOf(0)
  const fields = parseFields(end < 0 ? value : value.subarray(0, end))
  return { fields, bytes: end < 0 ? undefined : value.subarray(end + 1) }
}

function parseFields(text: Uint8Array): RecordFields {
  try {
    const fields: unknown = JSON.parse(fromUtf8(text))
    if (isFields(fields)) return fields
  } catch (cause) {
    throw new NexusError('Corrupt', 'a metadata value is not a record', { advice: 'restore the metadata from a backup', cause })
  }
  throw new NexusError('Corrupt', 'a metadata value is not a record', { advice: 'restore the metadata from a backup' })
}

function isFields(value: unknown): value is RecordFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
