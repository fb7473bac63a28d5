/** Time and randomness are handed in, so that a whole system can run deterministically. */
export interface Clock {
  /** Milliseconds since 1970, whole; may step back. */
  now(): number
  /** Milliseconds from an arbitrary origin; never steps back. */
  monotonic(): number
  /** Resolves after at least `ms` milliseconds; rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Where ids and jitter come from. */
export interface Random {
  /** Fresh, unpredictable bytes. */
  bytes(size: number): Uint8Array<ArrayBuffer>
  /** A number in [0, 1), for jitter. */
  fraction(): number
}
