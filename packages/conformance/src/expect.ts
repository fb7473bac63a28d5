import { inspect, isDeepStrictEqual } from 'node:util'
import type { NexusError } from 'nexusfs'
import { equalBytes, toHex } from 'nexusfs/adapter-kit'
import { type ErrorCode, isNexusError } from 'nexusfs/errors'

/** What a law found, for the report. */
export interface Finding {
  /** The blob key, metadata key or path it was found at. */
  readonly key?: string | undefined
  readonly expected?: unknown
  readonly actual?: unknown
  /** What the subject threw, if that is what broke the law. */
  readonly cause?: unknown
}

/**
 * A law that the subject does not keep. It is the kit's assertion error and deliberately no `NexusError`: a subject throws those, so
 * the kit could not tell a broken law from the error it expects. It reaches nobody but the runner, which puts it into the report.
 */
export class LawBroken extends Error {
  override readonly name = 'LawBroken'
  readonly finding: Finding

  constructor(what: string, finding: Finding = {}) {
    super(what, finding.cause === undefined ? undefined : { cause: finding.cause })
    this.finding = finding
  }
}

/**
 * `actual` is deeply equal to `expected`, where byte arrays of any kind count by their bytes, objects of any class by their fields,
 * and an undefined field counts as absent.
 * @throws {LawBroken}
 */
export function expectEqual(actual: unknown, expected: unknown, what: string, key?: string): void {
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) expectBytes(actual, expected, what, key)
  else if (!isDeepStrictEqual(plain(actual), plain(expected))) throw new LawBroken(what, { key, expected, actual })
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(plain)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]))
}

/**
 * @throws {LawBroken} naming the first byte that differs
 */
export function expectBytes(actual: Uint8Array, expected: Uint8Array, what: string, key?: string): void {
  if (equalBytes(actual, expected)) return
  const at = actual.findIndex((byte, index) => byte !== expected[index])
  const first = at === -1 ? actual.length : at
  throw new LawBroken(`${what}: the bytes differ from offset ${first} on`, {
    key,
    expected: describeBytes(expected, first),
    actual: describeBytes(actual, first),
  })
}

/**
 * @throws {LawBroken} unless the claim holds
 */
export function expectThat(claim: boolean, what: string, finding: Finding = {}): asserts claim {
  if (!claim) throw new LawBroken(what, finding)
}

/**
 * The call rejects (or throws) with a `NexusError` of this code, or one of these. Gives the error.
 * @throws {LawBroken} if it succeeds, or fails in another way
 */
export async function expectRejection(
  call: () => unknown,
  code: ErrorCode | readonly ErrorCode[],
  what: string,
  key?: string,
): Promise<NexusError> {
  const codes: readonly string[] = typeof code === 'string' ? [code] : code
  const expected = `a NexusError ${codes.join(' or ')}`
  const outcome = await settle(call)
  if (outcome.status === 'fulfilled') throw new LawBroken(what, { key, expected, actual: `success: ${shown(outcome.value)}` })
  const error = outcome.reason
  if (isNexusError(error) && codes.includes(error.code)) return error
  throw new LawBroken(what, { key, expected, actual: describeError(error), cause: error })
}

/** How a call ended, whether it threw at once or rejected later. */
export async function settle<Value>(call: () => Value): Promise<PromiseSettledResult<Awaited<Value>>> {
  try {
    return { status: 'fulfilled', value: await call() }
  } catch (reason) {
    return { status: 'rejected', reason }
  }
}

/** In one line, for a report. */
export function shown(value: unknown): string {
  if (value instanceof Uint8Array) return describeBytes(value, 0)
  if (typeof value === 'string') return value
  return inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 20, maxStringLength: 200 })
}

export function describeError(error: unknown): string {
  if (isNexusError(error)) return `NexusError ${error.code}: ${error.message}`
  return error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${shown(error)}`
}

function describeBytes(bytes: Uint8Array, from: number): string {
  const piece = bytes.subarray(from, from + 16)
  const rest = from + piece.length < bytes.length ? ' ...' : ''
  return `${bytes.length} bytes${bytes.length === 0 ? '' : `, at offset ${from}: ${toHex(piece) || 'nothing'}${rest}`}`
}
