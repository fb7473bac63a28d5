/** What the suite uses of the library: this is the only file that names its modules. */

export { equalBytes } from '../../nexusfs/src/core/bytes.ts'
export type { DurabilityClass } from '../../nexusfs/src/core/durability.ts'
export { durabilityClasses } from '../../nexusfs/src/core/durability.ts'
export type { ErrorCode } from '../../nexusfs/src/core/errors.ts'
export { isNexusError, NexusError } from '../../nexusfs/src/core/errors.ts'
export { NexusFS } from '../../nexusfs/src/fs/nexus-fs.ts'
export type { MetadataStore } from '../../nexusfs/src/metadata/metadata-store.ts'
export type {
  Combination as RegisteredCombination,
  OpenContext,
  Registration,
  Registry,
} from '../../nexusfs/src/registry/index.ts'
export { loadRegistry } from '../../nexusfs/src/registry/index.ts'
export type { StorageBackend } from '../../nexusfs/src/storage/storage-backend.ts'
