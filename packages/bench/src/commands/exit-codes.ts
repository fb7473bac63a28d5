import { isNexusError } from '../library.ts'

/** Exit codes of `nexus bench`. */
export const exitCodes = {
  ok: 0,
  /** A workload or its verification failed, or a required combination is not ready. */
  failed: 1,
  usage: 2,
  nothingSelected: 5,
  interrupted: 130,
} as const

/** What an error of a command means for its caller. */
export function exitCodeOf(error: unknown): number {
  if (isNexusError(error, 'NotFound')) return exitCodes.nothingSelected
  if (isNexusError(error, 'InvalidArgument')) return exitCodes.usage
  if (isNexusError(error, 'Aborted')) return exitCodes.interrupted
  return exitCodes.failed
}
