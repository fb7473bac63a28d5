import { equalBytes } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { SqlDatabase } from './driver.ts'

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const largestNumber = Number.MAX_SAFE_INTEGER

/** With a buffer of its own: Node 25.8 makes NULL of it, though not of `new Uint8Array(0)`. */
const emptyBuffer = new Uint8Array(new ArrayBuffer(0))

let isProbed = false

/**
 * Sends what rows are made of through the driver and back, once a process: some releases of JavaScript runtimes came with an SQLite
 * whose values do not return as they went in, and a store must not be written with them.
 * @throws {NexusError} MissingDependency
 */
export function probeDriver(database: SqlDatabase): void {
  if (isProbed) return
  const statement = database.prepare('SELECT ?, CAST(? AS INTEGER), NULL, zeroblob(0), ?')
  refuseChangedValues(statement.get(everyByte, largestNumber, emptyBuffer))
  isProbed = true
}

/** @param row of every byte, the largest number, NULL, and empty values, one of SQLite's own and one that was sent. */
export function refuseChangedValues(row: readonly unknown[] | undefined): void {
  const [bytes, number, nothing, ...empty] = row ?? []
  const isSound =
    bytes instanceof Uint8Array &&
    equalBytes(bytes, everyByte) &&
    number === largestNumber &&
    nothing === null &&
    empty.length === 2 &&
    empty.every((value) => value instanceof Uint8Array && value.length === 0)
  if (isSound) return
  throw new NexusError(
    'MissingDependency',
    `sqlite: the SQLite driver of this runtime (${runtime()}) gives values back changed, which would destroy content`,
    { advice: 'run Node 24.15 or later', operation: 'sqlite.open' },
  )
}

function runtime(): string {
  const { bun, deno, node } = process.versions
  if (bun !== undefined) return `Bun ${bun}`
  return deno === undefined ? `Node ${node}` : `Deno ${deno}`
}
