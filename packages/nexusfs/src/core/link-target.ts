import { utf8 } from './bytes.ts'
import { NexusError } from './errors.ts'
import { limits } from './limits.ts'

/** True for a text that a symbolic link can hold: 1 to 4,096 bytes of UTF-8 without NUL. It need not lead anywhere. */
export function isLinkTarget(value: unknown): value is string {
  return typeof value === 'string' && whyNoTarget(value) === undefined
}

/**
 * @throws {NexusError} InvalidArgument
 */
export function checkLinkTarget(target: unknown): string {
  const why = typeof target === 'string' ? whyNoTarget(target) : `it is a value of type ${typeof target}`
  if (typeof target === 'string' && why === undefined) return target
  throw new NexusError('InvalidArgument', `the target of a link is a text of 1 to ${limits.linkTargetBytes} bytes: ${why}`)
}

function whyNoTarget(target: string): string | undefined {
  if (target === '') return 'it is empty'
  if (target.includes('\0')) return 'it holds a NUL character'
  if (!target.isWellFormed()) return 'it holds half a surrogate pair, which UTF-8 cannot spell'
  if (target.length * 3 <= limits.linkTargetBytes || utf8(target).length <= limits.linkTargetBytes) return undefined
  return 'it is longer'
}
