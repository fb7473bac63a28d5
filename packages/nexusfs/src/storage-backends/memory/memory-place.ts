/** Blobs by key, and their order. The arrays are never changed once they are here. */
export class MemoryPlace {
  readonly #blobs = new Map<string, Uint8Array<ArrayBuffer>>()
  /** Every key that is there, and perhaps some that are gone; sorted, without repeats, but for those added since. */
  #sorted: string[] = []
  #added = new Set<string>()
  /** How many of the sorted keys are gone. */
  #gone = 0

  get(key: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#blobs.get(key)
  }

  put(key: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#blobs.has(key)) this.#added.add(key)
    this.#blobs.set(key, bytes)
  }

  delete(key: string): void {
    if (this.#blobs.delete(key) && !this.#added.delete(key)) this.#gone++
  }

  /** The first `limit` keys above `after` that begin with `prefix`, in order, and whether more follow. */
  keys(
    prefix: string,
    after: string | undefined,
    limit: number,
  ): { readonly keys: readonly string[]; readonly hasMore: boolean } {
    const sorted = this.#sortedKeys()
    const found: string[] = []
    const startsAfter = after !== undefined && after >= prefix
    for (let at = firstAtLeast(sorted, startsAfter ? after : prefix); at < sorted.length; at++) {
      const key = sorted[at] ?? ''
      if (!key.startsWith(prefix)) break
      if (!this.#blobs.has(key) || (startsAfter && key === after)) continue
      if (found.length === limit) return { keys: found, hasMore: true }
      found.push(key)
    }
    return { keys: found, hasMore: false }
  }

  /** Puts and deletes only take note; a list pays for order, in one pass over what changed since the last. */
  #sortedKeys(): readonly string[] {
    if (this.#added.size > 0 || this.#gone > this.#blobs.size) {
      this.#sorted = merge(this.#sorted, [...this.#added].sort(), (key) => this.#blobs.has(key))
      this.#added = new Set()
      this.#gone = 0
    }
    return this.#sorted
  }
}

/** Both sorted lists as one, without repeats and without what `keep` refuses. */
function merge(left: readonly string[], right: readonly string[], keep: (key: string) => boolean): string[] {
  const merged: string[] = []
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const a = left[l]
    const b = right[r]
    const isLeft = b === undefined || (a !== undefined && a <= b)
    const key = (isLeft ? a : b) ?? ''
    if (isLeft) l++
    else r++
    if (keep(key) && merged.at(-1) !== key) merged.push(key)
  }
  return merged
}

function firstAtLeast(sorted: readonly string[], bound: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < bound) low = middle + 1
    else high = middle
  }
  return low
}
