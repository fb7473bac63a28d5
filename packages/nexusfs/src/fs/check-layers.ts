import { NexusError } from '../core/errors.ts'
import { shown } from './take-options.ts'

/**
 * Refuses what is not a pair of layers.
 * @throws {NexusError} InvalidArgument
 */
export function checkLayers(options: { readonly storage: unknown; readonly metadata: unknown }): void {
  for (const layer of ['storage', 'metadata'] as const) {
    const given = options[layer]
    if (typeof given === 'object' && given !== null && 'info' in given) continue
    throw new NexusError('InvalidArgument', `NexusFS.open: ${layer} must be an open adapter, not ${shown(given)}`)
  }
}
