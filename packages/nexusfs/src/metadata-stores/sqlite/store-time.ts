let latest = 0

/** Whole milliseconds since 1970 on the clock of this host, never below what this process was told before. */
export function storeTime(): number {
  latest = Math.max(latest, Date.now())
  return latest
}
