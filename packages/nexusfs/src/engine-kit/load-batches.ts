import { NexusError, throwIfAborted } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { type Revision, revisionZero } from '../core/revision.ts'
import { checkReadRequest } from '../metadata/check-request.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'

const operation = 'metadata.load'

/** How `load` hands its entries to an engine. */
export interface LoadPlan {
  /** A batch ends with so many entries, or once its values have so many bytes. */
  readonly entries: number
  readonly bytes: number
  readonly signal: AbortSignal | undefined
  /** Writes a batch, never an empty one; the next one is gathered when it has ended. */
  insert(batch: readonly MetadataEntry[]): Promise<void> | void
}

/**
 * Checks the entries of a `load` against the limits of the port and hands them to the engine in batches. Returns the highest revision.
 * @throws {NexusError} InvalidArgument, Aborted; what the entries and `insert` throw
 */
export async function loadBatches(entries: AsyncIterable<MetadataEntry>, plan: LoadPlan): Promise<Revision> {
  let batch: MetadataEntry[] = []
  let bytes = 0
  let highest = revisionZero
  for await (const entry of entries) {
    throwIfAborted(plan.signal, operation)
    checkEntry(entry)
    batch.push(entry)
    bytes += entry.value.length
    if (entry.revision > highest) highest = entry.revision
    if (batch.length < plan.entries && bytes < plan.bytes) continue
    await plan.insert(batch)
    batch = []
    bytes = 0
  }
  if (batch.length > 0) await plan.insert(batch)
  return highest
}

function checkEntry({ key, value }: MetadataEntry): void {
  checkReadRequest({ get: [key] })
  if (value.length <= limits.valueBytes) return
  throw new NexusError('InvalidArgument', `${operation}: a value of ${value.length} bytes`, {
    advice: `at most ${limits.valueBytes}`,
    operation,
    outcome: 'none',
  })
}
