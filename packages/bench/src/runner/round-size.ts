import type { Workload } from '../workloads/workload.ts'

/** Content that a round may hold in memory. */
const roundBytes = 64 * 1024 * 1024
/** Content that a combination may write in all rounds of a workload. */
const workloadBytes = 768 * 1024 * 1024
const maximalIterations = 500

/** How many iterations make a round: as many as the slowest combination does in `targetMs`, within the limits of memory. */
export function iterationsPerRound(workload: Workload, slowestMs: number, targetMs: number): number {
  if (workload.cold !== undefined) return 1
  const byTime = Math.floor(targetMs / Math.max(slowestMs + (workload.quietMs ?? 0), 0.001))
  const byMemory = Math.floor(roundBytes / Math.max(bytesPerIteration(workload), 1))
  return Math.max(1, Math.min(byTime, byMemory, maximalIterations))
}

/** How many rounds of that size a workload may have before it has written too much. */
export function roundLimit(workload: Workload, iterations: number): number {
  if (workload.data === 'none') return Number.POSITIVE_INFINITY
  return Math.max(1, Math.floor(workloadBytes / Math.max(bytesPerIteration(workload) * iterations, 1)))
}

function bytesPerIteration(workload: Workload): number {
  return workload.operations * workload.bytesPerOperation
}
