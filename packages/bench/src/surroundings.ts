import { loadRegistry, type Registry } from './library.ts'

/** Where a run is asked for: what decides which combinations there are. */
export interface Surroundings {
  /** Configs are looked for from here upwards, and relative paths begin here. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** False = no `nexus.config` is loaded. */
  readonly usesConfig?: boolean | undefined
}

export function registryOf({ cwd, env, usesConfig }: Surroundings): Promise<Registry> {
  return loadRegistry({ cwd, env, ...(usesConfig === false ? { config: false } : {}) })
}
