/** What V8 and Node say where an array or a string would be larger than they allow, or than memory holds. */
const codes = ['ERR_STRING_TOO_LONG', 'ERR_BUFFER_TOO_LARGE', 'ERR_MEMORY_ALLOCATION_FAILED']
const messages = /^(Array buffer allocation failed|Invalid (typed )?array( buffer)? length|Invalid string length)/i

/** True for the error of content that is too large for one array or string of this process. */
export function isMemoryError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && codes.some((code) => code === error.code)) return true
  return error instanceof RangeError && messages.test(error.message)
}
