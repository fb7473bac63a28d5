import type { StorageBackend } from 'nexusfs'
import { concatBytes } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { changePieces, hasBlob, mutant, onError, type StorageMutant } from './mutant.ts'

export const putMutants: readonly StorageMutant[] = [
  mutant('forgets-puts-at-close', 'put-durable', 'what a client put is gone once it is closed', (port) => {
    const unsaved: string[] = []
    return {
      async put(key, body, options) {
        await port.put(key, body, options)
        unsaved.push(key)
      },
      async close() {
        const lost = unsaved.splice(0)
        if (lost.length > 0) await port.delete(lost)
        await port.close()
      },
    }
  }),
  mutant('shows-parts', 'put-atomic', 'the pieces that have come are visible under the key', (port) => ({
    async put(key, body, options) {
      const put = port.put(
        key,
        changePieces(body, (pieces) => showing(port, key, pieces)),
        options,
      )
      await onError(put, async () => body instanceof Uint8Array || port.delete([key]))
    },
  })),
  mutant('lists-parts', 'put-atomic', 'a key is listed while its body comes', (port) => {
    const running = new Set<string>()
    return {
      async put(key, body, options) {
        running.add(key)
        await port.put(key, body, options).finally(() => running.delete(key))
      },
      async list(options) {
        const page = await port.list(options)
        return { ...page, blobs: [...page.blobs, ...[...running].map((key) => ({ key, size: 0 }))] }
      },
    }
  }),
  mutant('refuses-the-same-again', 'put-idempotent', 'put of a key that has a blob is refused', (port) => ({
    async put(key, body, options) {
      await refuseExisting(port, key)
      await port.put(key, body, options)
    },
  })),
  mutant('keeps-the-old-tail', 'put-over-another', 'a shorter body leaves the end of a longer one behind it', (port) => ({
    async put(key, body, options) {
      const isOver = body instanceof Uint8Array && body.length === options.size && (await hasBlob(port, key))
      const tail = isOver ? await port.get(key, { range: { start: options.size } }) : new Uint8Array()
      const whole = body instanceof Uint8Array ? concatBytes(body, tail) : body
      await port.put(key, whole, { ...options, size: options.size + tail.length })
    },
  })),
  mutant('ignores-empty-blobs', 'put-empty', 'a put of no bytes stores nothing', (port) => ({
    async put(key, body, options) {
      const isEmpty = options.size === 0 && (!(body instanceof Uint8Array) || body.length === 0)
      await port.put(key, body, options)
      if (isEmpty) await port.delete([key])
    },
  })),
  mutant('stops-at-an-empty-piece', 'put-empty-pieces', 'an empty piece counts as the end of the body', (port) => ({
    put: (key, body, options) =>
      port.put(
        key,
        changePieces(body, async function* (pieces) {
          for await (const piece of pieces) {
            if (piece.length === 0) return
            yield piece
          }
        }),
        options,
      ),
  })),
  mutant('loses-the-end-of-full-blocks', 'put-sizes', 'the last byte of whole blocks of 64 KiB is wrong', (port) => ({
    put: (key, body, options) =>
      port.put(key, body instanceof Uint8Array && body.length % 65_536 === 0 ? wrongAt(body, body.length - 1) : body, options),
  })),
  mutant('wrong-in-the-fourth-mebibyte', 'put-large', 'the first byte behind 3 MiB is wrong', (port) => ({
    put: (key, body, options) => port.put(key, body instanceof Uint8Array ? wrongAt(body, 3 * 1_048_576) : body, options),
  })),
  mutant('drops-byte-order-marks', 'put-binary', 'a byte order mark at the beginning is left out', (port) => ({
    put(key, body, options) {
      const isMarked = body instanceof Uint8Array && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
      return isMarked ? port.put(key, body.subarray(3), { ...options, size: options.size - 3 }) : port.put(key, body, options)
    },
  })),
  mutant(
    'stores-from-the-start-of-the-buffer',
    'put-view',
    'of a view, the bytes at the start of its buffer are stored',
    (port) => ({
      put: (key, body, options) =>
        port.put(key, body instanceof Uint8Array ? new Uint8Array(body.buffer, 0, body.length) : body, options),
    }),
  ),
  mutant('clears-the-pieces', 'put-leaves-the-body', 'pieces are filled with zeros once they are stored', (port) => ({
    async put(key, body, options) {
      const seen: Uint8Array[] = []
      const noting = changePieces(body, async function* (pieces) {
        for await (const piece of pieces) {
          seen.push(piece)
          yield piece
        }
      })
      await port.put(key, noting, options)
      for (const piece of seen) piece.fill(0)
    },
  })),
  mutant('keeps-the-array', 'put-owns-nothing', 'the array that was put is kept, not its bytes', (port) => {
    const kept = new Map<string, Uint8Array>()
    return {
      async put(key, body, options) {
        await port.put(key, body, options)
        if (body instanceof Uint8Array) kept.set(key, body)
        else kept.delete(key)
      },
      async get(key, options) {
        const blob = await port.get(key, options)
        const array = kept.get(key)
        return array === undefined || options?.range !== undefined ? blob : new Uint8Array(array)
      },
    }
  }),
  mutant('reads-without-hyphens', 'put-neighbours', 'get looks first for the key without its hyphens', (port) => ({
    async get(key, options) {
      const joined = key.replaceAll('-', '')
      return joined.length > 1 && joined !== key && (await hasBlob(port, joined))
        ? port.get(joined, options)
        : port.get(key, options)
    },
  })),
]

async function* showing(port: StorageBackend, key: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let soFar = new Uint8Array()
  for await (const piece of pieces) {
    soFar = concatBytes(soFar, piece)
    await port.put(key, soFar, { size: soFar.length })
    yield piece
  }
}

async function refuseExisting(port: StorageBackend, key: string): Promise<void> {
  if (await hasBlob(port, key)) throw new NexusError('AlreadyExists', `there is a blob ${key}`)
}

function wrongAt(bytes: Uint8Array, offset: number): Uint8Array {
  const wrong = bytes.slice()
  if (offset < bytes.length) wrong[offset] = (bytes[offset] ?? 0) ^ 0xff
  return wrong
}
