import { cacheWorkloads } from './cache.ts'
import { concurrencyWorkloads } from './concurrency.ts'
import { dedupWorkloads } from './dedup.ts'
import { metadataWorkloads } from './metadata.ts'
import { serverWorkloads } from './servers.ts'
import { smallWorkloads } from './small.ts'
import { appendWorkload, targetWorkloads } from './targets.ts'
import { throughputWorkloads } from './throughput.ts'
import type { Workload } from './workload.ts'

/** The 32 workloads that the suite began with, in the order of its reports. */
export const seedWorkloads: readonly Workload[] = [
  ...throughputWorkloads,
  ...smallWorkloads,
  ...metadataWorkloads,
  ...dedupWorkloads,
  ...cacheWorkloads,
  ...concurrencyWorkloads,
]

/** What a quick run takes. */
export const quickWorkloads: readonly Workload[] = [...seedWorkloads, appendWorkload]

/** Every workload that can be selected. */
export const allWorkloads: readonly Workload[] = [...seedWorkloads, ...targetWorkloads, ...serverWorkloads]
