import { createHash } from 'node:crypto'
import { isNexusError, type NexusFS, openNexus } from '../../packages/nexusfs/src/index.ts'

type Acknowledged =
  | { readonly kind: 'written'; readonly path: string; readonly version: number; readonly digest: string }
  | { readonly kind: 'gone'; readonly path: string }

/**
 * What is wrong in a store after a power loss: an acknowledged change that is not there, a batch that is there in part, a file or an
 * old version that cannot be read whole.
 */
export async function verifyNexus(root: string, lines: readonly string[]): Promise<string[]> {
  let nexus: NexusFS
  try {
    nexus = await openNexus(root, { config: false, env: {}, create: false, cacheBytes: 0 })
  } catch (error) {
    return [`the whole store: ${String(error)}`]
  }
  await using store = nexus
  const problems: string[] = []
  for (const line of lines) problems.push(...(await problemsOf(store, JSON.parse(line) as Acknowledged)))
  return [...problems, ...(await unreadable(store)), ...(await partialBatches(store))]
}

async function problemsOf(store: NexusFS, acknowledged: Acknowledged): Promise<string[]> {
  const { path } = acknowledged
  if (acknowledged.kind === 'gone') return (await store.exists(path)) ? [`${path} is there again`] : []
  const { version, digest } = acknowledged
  const actual = await digestAt(store, path, version)
  return actual === digest ? [] : [`${path} version ${version} is ${actual} instead of ${digest}`]
}

/** Everything that is there, acknowledged or not. */
async function unreadable(store: NexusFS): Promise<string[]> {
  const problems: string[] = []
  for await (const entry of store.walk('/')) {
    if (entry.kind !== 'file') continue
    for await (const { version, digest } of store.versions(entry.path)) {
      const actual = await digestAt(store, entry.path, version)
      if (actual !== digest) problems.push(`${entry.path} version ${version} is ${actual}, and ${digest} by its entry`)
    }
  }
  return problems
}

async function partialBatches(store: NexusFS): Promise<string[]> {
  const sizes = new Map<string, number>()
  for await (const { path, kind } of store.walk('/')) {
    const [, batch] = /^(.*\/batch\/[0-9]+)\/[abc]$/.exec(path) ?? []
    if (batch !== undefined && kind === 'file') sizes.set(batch, (sizes.get(batch) ?? 0) + 1)
  }
  return [...sizes].filter(([, size]) => size !== 3).map(([batch, size]) => `${batch} has ${size} of 3 files`)
}

async function digestAt(store: NexusFS, path: string, version: number): Promise<string> {
  try {
    const bytes = await store.read(path, { version })
    return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  } catch (error) {
    return isNexusError(error) ? `${error.code} (${error.message})` : String(error)
  }
}
