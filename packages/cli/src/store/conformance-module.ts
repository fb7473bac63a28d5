import type { ConformanceSubject, SubjectModule } from '@nexusfs/conformance'
import type { MetadataStore, StorageBackend } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { type Environment, loadRegistry } from 'nexusfs/registry'
import { subjectOf } from './conformance-subject.ts'
import { findTarget } from './conformance-target.ts'

/** What was asked of the command, and where. */
interface ModuleOptions {
  readonly kind: 'storage' | 'metadata'
  /** The adapter, as on the command line. */
  readonly text: string
  readonly cwd: string
  readonly env: Environment
  readonly usesConfig: boolean
  readonly tmpDir: string
}

/** How another process makes the subject of the command: out of the same config. */
export function otherProcessOf(options: ModuleOptions): SubjectModule {
  return { module: import.meta.url, options: { ...options, env: { ...options.env } } }
}

/**
 * The subject of the command, in the other process.
 * @throws {NexusError} as the command itself
 */
export default async function subject(options: ModuleOptions): Promise<ConformanceSubject<StorageBackend | MetadataStore>> {
  const { kind, text, cwd, env, usesConfig, tmpDir } = options
  const registry = await loadRegistry({ cwd, env, config: usesConfig ? undefined : false })
  const { storage, metadata } = findTarget(text, registry)
  const shared = { cwd, env, tmpDir }
  if (kind === 'storage' && storage !== undefined) return subjectOf<StorageBackend>('storage', storage, shared)
  if (kind === 'metadata' && metadata !== undefined) return subjectOf<MetadataStore>('metadata', metadata, shared)
  throw new NexusError('Unexpected', `conformance: the config has no ${kind} port called ${text} any more`)
}
