import type { NexusFS } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'

/**
 * Where `mv` and `cp` put something: at `to`, or with its own name into the directory `to/`.
 * @throws {NexusError} NotFound if there is no directory at `to/`, NotADirectory
 */
export async function targetPath(nexus: NexusFS, from: string, to: string, signal: AbortSignal): Promise<string> {
  if (!to.endsWith('/')) return to
  const directory = to.replace(/\/+$/, '') || '/'
  const found = await nexus.stat(directory, { signal })
  if (found === undefined) {
    throw new NexusError('NotFound', `there is no directory ${to}`, {
      advice: `\`nexus mkdir\` makes one, or leave the slash out`,
      context: { path: to },
    })
  }
  if (found.kind !== 'directory') {
    throw new NexusError('NotADirectory', `${directory} is not a directory`, {
      advice: 'leave the slash out',
      context: { path: directory },
    })
  }
  const name = from.replace(/\/+$/, '').split('/').at(-1) ?? ''
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

/** Advice where something stands at the target already. */
export function intoDirectory({ message, context }: NexusError): string | undefined {
  if (!/ is a directory/.test(message) || typeof context.path !== 'string') return undefined
  return `write ${context.path}/ to put it in there`
}
