/** What the suite uses of the library: this is the only file that names its modules. */
export type { DurabilityClass, ErrorCode, MetadataStore, StorageBackend } from 'nexusfs'
export { isNexusError, NexusError, NexusFS } from 'nexusfs'
export type { Combination as RegisteredCombination, OpenContext, Registration, Registry } from 'nexusfs/registry'
export { loadRegistry, redactSecrets, weakerDurability } from 'nexusfs/registry'
