import type { BlobBody, StorageBackend } from 'nexusfs'
import { concatBytes } from 'nexusfs/adapter-kit'
import { type ErrorCode, isNexusError } from 'nexusfs/errors'
import { type Mutant, replacing, wrapPorts } from '../../mutant.ts'

export type StorageMutant = Mutant<StorageBackend>

/** A mutant whose clients each have these members instead of the right ones. */
export function mutant(
  id: string,
  breaks: string,
  description: string,
  change: (port: StorageBackend) => Partial<StorageBackend>,
): StorageMutant {
  return { id, breaks, description, mutate: (subject) => wrapPorts(subject, (port) => replacing(port, change(port))) }
}

/** A mutant whose clients of one place have something in common. */
export function placeMutant<Shared>(
  id: string,
  breaks: string,
  description: string,
  share: () => Shared,
  change: (port: StorageBackend, shared: Shared) => Partial<StorageBackend>,
): StorageMutant {
  const mutate: StorageMutant['mutate'] = (subject) => {
    const places = new Map<string, Shared>()
    return wrapPorts(subject, (port, namespace) => {
      const shared = places.get(namespace) ?? share()
      places.set(namespace, shared)
      return replacing(port, change(port, shared))
    })
  }
  return { id, breaks, description, mutate }
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
