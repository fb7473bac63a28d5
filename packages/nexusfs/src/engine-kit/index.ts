/** What the author of a storage backend or a metadata store needs beside its engine. The types of both ports are in `nexusfs`. */
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
export { keyText, keyTextOnce } from '../metadata/key-text.ts'
export { isRangedGroup, metadataPortVersion } from '../metadata/metadata-store.ts'
export { bodyPieces } from '../storage/body-pieces.ts'
export { checkBlobKey, checkPut, checkRange, resolveListLimit, resolveRange } from '../storage/check-call.ts'
export { blobKeyPattern, storagePortVersion } from '../storage/storage-backend.ts'
export { refuseIfAborted } from './deadline.ts'
export { InFlightCalls } from './in-flight-calls.ts'
export { diskDurability, namespaceFile, namespaceFolder, pathOfUri, serverUrl } from './uri.ts'
