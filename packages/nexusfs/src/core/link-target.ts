import { utf8 } from './bytes.ts'
import { limits } from './limits.ts'

/** True for a text that a symbolic link can hold: 1 to 4,096 bytes of UTF-8 without NUL. It need not lead anywhere. */
export function isLinkTarget(value: unknown): value is string {
  return typeof value === 'string' && whyNoTarget(value) === undefined
}

function whyNoTarget(target: string): string | undefined {
  if (target === '') return 'it is empty'
  if (target.includes('\0')) return 'it holds a NUL character'
  if (!target.isWellFormed()) return 'it holds half a surrogate pair, which UTF-8 cannot spell'
  if (target.length * 3 <= limits.linkTargetBytes || utf8(target).length <= limits.linkTargetBytes) return undefined
  return 'it is longer'
}
