import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { concatBytes } from '../../core/bytes.ts'
import { isNexusError, NexusError } from '../../core/errors.ts'
import type { ObjectBody, ObjectRange } from './object-client.ts'
import { ObjectReader } from './object-reader.ts'
import { type RetriedCall, Retries } from './retries.ts'

const whole = Uint8Array.from({ length: 100 }, (_, index) => index)
const call: RetriedCall = {
  operation: 'storage.get',
  signal: undefined,
  toNexusError: (error) => (isNexusError(error) ? error : new NexusError('Unavailable', String(error))),
}

/** Bodies as a careless client gives them: how many bytes each says that it has, and what comes. */
function reader(bodies: readonly ((range: ObjectRange) => ObjectBody)[], attempt = 1_000): [ObjectReader, ObjectRange[]] {
  const ranges: ObjectRange[] = []
  const get = async (_: string, range: ObjectRange): Promise<ObjectBody> => {
    ranges.push(range)
    return bodies[ranges.length - 1]?.(range) ?? assert.fail('asked once more')
  }
  const retries = new Retries({ timeouts: { attempt }, clock: { sleep: async () => {} } })
  return [new ObjectReader({ get }, retries, 'key', undefined, call), ranges]
}

function body(length: number, ...pieces: readonly Uint8Array[]): ObjectBody {
  const given = (async function* () {
    yield* pieces
  })()
  return { length, version: 'v1', pieces: given, cancel: () => {} }
}

async function readAll(from: ObjectReader): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  await from.open()
  for (let piece = await from.next(); piece !== undefined; piece = await from.next()) pieces.push(piece)
  return concatBytes(...pieces)
}

describe('a reader', () => {
  it('reads on, from the same version, where a body just ends before its end', async () => {
    const [from, ranges] = reader([() => body(100, whole.subarray(0, 30)), ({ start }) => body(70, whole.subarray(start))])
    assert.deepEqual(await readAll(from), concatBytes(whole))
    assert.deepEqual(ranges, [
      { start: 0, end: undefined, version: undefined },
      { start: 30, end: undefined, version: 'v1' },
    ])
  })

  it('takes no more than a body said that it has', async () => {
    const [from] = reader(Array.from({ length: 5 }, () => () => body(50, whole)))
    await assert.rejects(readAll(from), { code: 'Unavailable', retry: 'exhausted' })
  })

  it('does not wait for ever for the next piece', async () => {
    const silent: AsyncIterator<Uint8Array> = { next: () => new Promise(() => {}) }
    const [from] = reader([() => ({ ...body(100), pieces: silent }), () => body(100, whole)], 20)
    assert.deepEqual(await readAll(from), concatBytes(whole))
  })
})
