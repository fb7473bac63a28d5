/**
 * What a storage backend or a metadata store is built from, beside its engine: `nexusfs/adapter-kit`. The types of both ports are in
 * `nexusfs`; `docs/guide/adapter-kit.md` names each member.
 */
export {
  binaryText,
  compareBytes,
  concatBytes,
  equalBytes,
  fromBinaryText,
  prefixEnd,
  readUint64,
  startsWithBytes,
  toHex,
  uint64,
  utf8,
} from '../core/bytes.ts'
export { durabilityClasses } from '../core/durability.ts'
export { isNexusError, NexusError, throwIfAborted } from '../core/errors.ts'
export { limits } from '../core/limits.ts'
export { epochOf, nextRevision, revisionsPerEpoch, revisionZero, toRevision } from '../core/revision.ts'
export { checkCommits, checkReadRequest, revisionSlotBytes } from '../metadata/check-request.ts'
export { keyText, keyTextOnce } from '../metadata/keyspace.ts'
export { isRangedGroup, metadataPortVersion } from '../metadata/metadata-store.ts'
export { bodyPieces } from '../storage/body-pieces.ts'
export { checkBlobKey, checkPut, checkRange, resolveListLimit, resolveRange } from '../storage/check-call.ts'
export { blobKeyPattern, storagePortVersion } from '../storage/storage-backend.ts'
export { Backoff, type BackoffPlan } from './backoff.ts'
export { Deadline, orAborted } from './deadline.ts'
export { type ErrorMeaning, type ErrorTable, errnoOf, errnoTable, type FailedWork, translator } from './error-table.ts'
export { afterMicrotasks, EventLoopYield, type StallAwareTimer, stallAwareTimer } from './event-loop.ts'
export { GenerationalMap } from './generational-map.ts'
export { type Group, type GroupOutcome, GroupQueue, type GroupQueuePlan, type Moment } from './group-queue.ts'
export { HighWaterMark } from './high-water-mark.ts'
export { InFlightCalls } from './in-flight-calls.ts'
export { KeyedMutex, type KeyedMutexOptions } from './keyed-mutex.ts'
export { Listeners, type StopListening } from './listeners.ts'
export { type LoadPlan, loadBatches } from './load-batches.ts'
export { diskDurability, namespaceFile, namespaceFolder, pathOfUri, serverUrl } from './uri.ts'
export { Fifo, WaitingLine } from './waiting-line.ts'
