import { LawBroken } from './expect.ts'

/** The work's result; rejects when the time is up, or the run is cancelled, with the work perhaps still under way. */
export async function within<Value>(ms: number, what: string, work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  const { promise: end, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new LawBroken(`${what} had not ended after ${ms} ms`)), ms)
  const cancel = (): void => reject(new LawBroken(`${what} was cancelled by the caller`))
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return await Promise.race([end, work()])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}
