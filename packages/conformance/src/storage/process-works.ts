import type { StorageBackend } from 'nexusfs'
import { isNexusError } from 'nexusfs/errors'
import { seededRandom } from 'nexusfs/testing'
import { beginning, type Rounds } from '../other-process/rounds.ts'
import { contentOf, inPieces, listedKeys, put, turns } from './fixtures.ts'

/** How another process imports them. */
export const worksModule: string = import.meta.url

/** What the laws about processes do in either of two. */
export const works = {
  put: (port: StorageBackend, key: string): Promise<void> => put(port, key, contentOf(key)),

  delete: (port: StorageBackend, key: string): Promise<void> => port.delete([key]),

  list: (port: StorageBackend): Promise<readonly string[]> => listedKeys(port),

  /** All that is known of a blob: its text and its size, each undefined if it is absent. */
  look: async (port: StorageBackend, key: string): Promise<readonly [text: string | undefined, size: number | undefined]> => {
    const [stat] = await port.stat([key])
    return [await textOf(port, key), stat?.size]
  },

  /** In each round puts the blob that both put and some of its own, all at the same time and with pauses between the pieces. */
  putsInRounds: async (port: StorageBackend, rounds: Rounds, own: string): Promise<void> => {
    for (let round = 0; round < rounds.count; round++) {
      await beginning(rounds, round)
      await Promise.all(
        [bothPut(round), ...blobsOf(own, round)].map(({ key, bytes }) => port.put(key, slowly(bytes), { size: bytes.length })),
      )
    }
  },
}

interface Blob {
  readonly key: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The blob that both processes put in a round. */
export function bothPut(round: number): Blob {
  return blobOf('both', round)
}

/** Those that only the owner puts. */
export function blobsOf(owner: string, round: number): readonly Blob[] {
  return [blobOf(owner, round, 'one'), blobOf(owner, round, 'two'), blobOf(owner, round, 'three')]
}

function blobOf(owner: string, round: number, name = 'shared'): Blob {
  return { key: `${owner}/${name}-${round}`, bytes: seededRandom(owner, round, name).bytes(10_000) }
}

/** In pieces, with time for others between. */
async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of inPieces(bytes, 700)) {
    yield piece
    await turns(1)
  }
}

async function textOf(port: StorageBackend, key: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await port.get(key))
  } catch (error) {
    if (isNexusError(error, 'NotFound')) return undefined
    throw error
  }
}
