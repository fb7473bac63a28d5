/**
 * What an acknowledged write survives, weakest first: `none` nothing, `os` a killed process, `disk` a power loss, `replicated` the
 * loss of a disk.
 */
export const durabilityClasses = ['none', 'os', 'disk', 'replicated'] as const

/** One of `durabilityClasses`. */
export type DurabilityClass = (typeof durabilityClasses)[number]

export function isDurabilityClass(value: unknown): value is DurabilityClass {
  return durabilityClasses.some((each) => each === value)
}

/** True if `a` promises less than `b`. */
export function isWeakerDurability(a: DurabilityClass, b: DurabilityClass): boolean {
  return durabilityClasses.indexOf(a) < durabilityClasses.indexOf(b)
}

/** The weaker of two: what a system built from both can promise. */
export function weakerDurability(a: DurabilityClass, b: DurabilityClass): DurabilityClass {
  return isWeakerDurability(a, b) ? a : b
}
