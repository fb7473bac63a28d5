/** Up to `limit` candidates that share most of their letter pairs with the text, nearest first; those with nothing in common are left out. */
export function nearMisses(text: string, candidates: readonly string[], limit = 3): readonly string[] {
  const pairs = letterPairs(text)
  return candidates
    .map((candidate) => ({ candidate, likeness: likeness(pairs, letterPairs(candidate)) }))
    .filter(({ likeness }) => likeness > 0.2)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}

/** The coefficient of Dice (1945): twice the shared pairs over all pairs. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((pair) => b.has(pair)).length
  return (2 * shared) / Math.max(1, a.size + b.size)
}

function letterPairs(text: string): ReadonlySet<string> {
  const letters = text.toLowerCase()
  return new Set(Array.from({ length: Math.max(0, letters.length - 1) }, (_, index) => letters.slice(index, index + 2)))
}
