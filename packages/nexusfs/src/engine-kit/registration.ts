import type { DurabilityClass } from '../core/durability.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

/**
 * How an adapter joins the registry: the built-in ones and those of a `nexus.config` go through this same shape. The name it is
 * registered under is its part of a combination's id, and the scheme of its URIs.
 */
export interface Registration<Port extends StorageBackend | MetadataStore> {
  /** For people: `Local disk`. */
  readonly label: string
  /** Further schemes of its URIs, besides its name: `file` for `local`. */
  readonly schemes?: readonly string[] | undefined
  /** Which environment variables must be set for benchmarks to run it; they never choose a store. */
  readonly env?: EnvironmentGate | undefined
  readonly traits: AdapterTraits
  /** Looks whether the service answers; within 5 seconds, and without changing anything. */
  probe?(context: ProbeContext): Promise<ProbeResult>
  /**
   * Opens that namespace, empty the first time, for benchmarks and conformance. Asked again with the same context, it
   * gives a second client of the same namespace where the adapter can.
   */
  open(context: OpenContext): Promise<Port>
  /** Removes the namespace; called once the port is closed. */
  dispose?(port: Port, context: OpenContext): Promise<void>
  /** Opens what a URI of the adapter's scheme names; absent = the adapter has no URIs. */
  openUri?(uri: string, context: UriContext): Promise<Port>
  /** Closes a port of `openUri` and takes back what opening made, as long as it is empty; absent = it is only closed. */
  abandon?(port: Port): Promise<void>
}

export type StorageRegistration = Registration<StorageBackend>
export type MetadataRegistration = Registration<MetadataStore>

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface EnvironmentGate {
  /** All of these. */
  readonly all?: readonly string[] | undefined
  /** Of each group, at least one. */
  readonly any?: readonly (readonly string[])[] | undefined
  /** Those whose values are never shown. */
  readonly secret?: readonly string[] | undefined
}

export interface AdapterTraits {
  /** The strongest class it can promise. */
  readonly durability: DurabilityClass
  /** True if calls cross a network. */
  readonly remote: boolean
  /** True if it lives in the memory of the process that opens it, so that two clients of one process see the same data. */
  readonly inProcess?: boolean | undefined
}

export interface ProbeContext {
  readonly env: Environment
  readonly signal?: AbortSignal | undefined
}

export interface ProbeResult {
  readonly ok: boolean
  /** What answered, or what it said. */
  readonly detail: string
  /** Round trip in milliseconds. */
  readonly rttMs?: number | undefined
  /** What an acknowledged write survives there, as the service is set now; the trait if absent. */
  readonly durability?: DurabilityClass | undefined
}

export interface OpenContext extends ProbeContext {
  /** `[a-z0-9-]{1,40}`, unique to this run; also used in schema names and key prefixes. */
  readonly namespace: string
  /** An empty folder that the caller removes. */
  readonly tmpDir: string
  /** The class asked for; the adapter's strongest if absent. */
  readonly durability?: DurabilityClass | undefined
  /** Where to make the namespace, as a URI of the adapter; `tmpDir`, or what the environment names, if absent. */
  readonly uri?: string | undefined
  /** Relative paths in `uri` begin here; at the working directory of the process if absent. */
  readonly cwd?: string | undefined
}

export interface UriContext {
  readonly env: Environment
  /** Relative paths begin here. */
  readonly cwd: string
  readonly durability?: DurabilityClass | undefined
  /** False = refuse a location that does not exist yet, with `NotFound`. */
  readonly create: boolean
  /** True = nothing will be written through it; an adapter that can then leaves its data untouched. Absent = false. */
  readonly readOnly?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}
