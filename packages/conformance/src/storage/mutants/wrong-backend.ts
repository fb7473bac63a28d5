import type { BlobBody, BlobPage, StorageBackend } from 'nexusfs'
import { concatBytes } from 'nexusfs/adapter-kit'
import { type ErrorCode, isNexusError, NexusError } from 'nexusfs/errors'
import { type Mutant, replacing, wrapPorts } from '../../mutant.ts'

export type StorageMutant = Mutant<StorageBackend>
export type Mutate = StorageMutant['mutate']
type Members = Partial<StorageBackend>

/** Replaces members of each client. */
export function clients(change: (port: StorageBackend) => Members): Mutate {
  return (subject) => wrapPorts(subject, (port) => replacing(port, change(port)))
}

/** Replaces members of each client; what `share` makes belongs to all clients of the namespace. */
export function sharedState<Shared>(share: () => Shared, change: (port: StorageBackend, shared: Shared) => Members): Mutate {
  return (subject) => {
    const namespaces = new Map<string, Shared>()
    return wrapPorts(subject, (port, namespace) => {
      const shared = namespaces.get(namespace) ?? share()
      namespaces.set(namespace, shared)
      return replacing(port, change(port, shared))
    })
  }
}

/** Changes each page that is answered. */
export function pages(change: (page: BlobPage) => BlobPage): Mutate {
  return clients((port) => ({ list: async (options) => change(await port.list(options)) }))
}

/** The port's own `stage`, where it is known to be there. */
export function stageOf(port: StorageBackend): NonNullable<StorageBackend['stage']> {
  return async (body, options) => {
    const staged = await port.stage?.(body, options)
    if (staged === undefined) throw new NexusError('Unsupported', 'the subject of this mutant must be able to stage')
    return staged
  }
}

/** The call's result; `instead` where it fails with this code. */
export async function except<Value>(
  code: ErrorCode,
  call: Promise<Value>,
  instead: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await call
  } catch (error) {
    if (isNexusError(error, code)) return instead()
    throw error
  }
}

/** The call's result; `first` is done before its error is passed on. */
export async function onError<Value>(call: Promise<Value>, first: (error: unknown) => Promise<unknown>): Promise<Value> {
  try {
    return await call
  } catch (error) {
    await first(error)
    throw error
  }
}

/** The body as it is if it is an array, else with its pieces changed on the way. */
export function changePieces(body: BlobBody, change: (pieces: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>): BlobBody {
  return body instanceof Uint8Array ? body : change(body)
}

/** All that comes, also if the body breaks off. */
export async function whatComes(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of body) pieces.push(piece)
  } catch {
    // What came so far is what is asked for.
  }
  return concatBytes(...pieces)
}

export async function hasBlob(port: StorageBackend, key: string): Promise<boolean> {
  const [stat] = await port.stat([key])
  return stat !== undefined
}
