import type { NexusFS } from 'nexusfs'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { configOnce, type LocatedStore, locateStore, openLocated, redactSecrets } from 'nexusfs/registry'
import type { Terminal } from '../output/terminal.ts'

/** How a command line names its store. */
export interface StoreOptions {
  readonly store?: string
  readonly storage?: string
  readonly metadata?: string
  readonly author?: string
  /** True = nothing is changed, whatever the command. */
  readonly readOnly?: boolean
  /** False = no `nexus.config` is loaded. */
  readonly config?: boolean
}

/** Who asks for a store, and where. */
export interface StoreRequest {
  readonly options: StoreOptions
  readonly terminal: Pick<Terminal, 'cwd' | 'env'>
  readonly signal: AbortSignal
  /** Takes a remark for those who want to know more. */
  remark(text: string): void
}

/**
 * Opens the store that the command line, the environment, the config or the working directory names.
 * @throws {NexusError} InvalidConfig if there is none, or nothing stands where it should be
 */
export async function openStore(request: StoreRequest): Promise<NexusFS> {
  const { options, terminal } = request
  const config = configOf(request)
  const { store, storage, metadata } = options
  const located = await locateStore({ store, storage, metadata }, { cwd: terminal.cwd, env: terminal.env, config })
  return openLocation(request, located, { create: false, config })
}

/** Loads the nearest config when it is first asked for, unless `--no-config` forbids it. */
export function configOf({ options, terminal }: StoreRequest): ReturnType<typeof configOnce> {
  return configOnce(options.config === false ? false : undefined, terminal.cwd, terminal.env)
}

export interface OpenLocationOptions {
  readonly create: boolean
  readonly config: ReturnType<typeof configOnce>
  readonly mayShareStorage?: boolean | undefined
}

/** Opens a location that has been found, and says so with `--verbose`. */
export async function openLocation(
  request: StoreRequest,
  located: LocatedStore,
  { create, config, mayShareStorage }: OpenLocationOptions,
): Promise<NexusFS> {
  const { options, terminal, signal } = request
  request.remark(`store ${locationText(located)} (${located.why})`)
  try {
    return await openLocated(
      located,
      { author: options.author, readOnly: options.readOnly, create, mayShareStorage, signal },
      { env: terminal.env, config },
    )
  } catch (cause) {
    if (create || !isNexusError(cause, 'NotFound')) throw cause
    throw new NexusError('InvalidConfig', `no store in ${locationText(located)}`, { advice: `${initAdvice(located)}`, cause })
  }
}

/** The location in words, without secrets. */
export function locationText({ location }: LocatedStore): string {
  if (location.kind === 'folder') return location.folder
  const [storage, metadata] = [location.storage, location.metadata].map((layer) => {
    return redactSecrets(typeof layer === 'string' ? layer : layer.info.location)
  })
  return `${storage} with ${metadata}`
}

function initAdvice({ location, name, why }: LocatedStore): string {
  if (name !== undefined) return `run \`nexus init --store ${name}\``
  if (location.kind === 'folder') return `run \`nexus init ${location.folder}\``
  return why.startsWith('store in') ? 'run `nexus init`' : 'run `nexus init` with the same --storage and --metadata'
}
