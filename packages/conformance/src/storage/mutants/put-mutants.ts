import type { StorageBackend } from 'nexusfs'
import { concatBytes } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { changePieces, clients, hasBlob, onError, type StorageMutant } from './wrong-backend.ts'

export const putMutants: readonly StorageMutant[] = [
  {
    id: 'forgets-puts-at-close',
    breaks: 'put-durable',
    description: 'what a client put is gone once it is closed',
    mutate: clients((port) => {
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
  },
  {
    id: 'shows-parts',
    breaks: 'put-atomic',
    description: 'the pieces that have come are visible under the key',
    mutate: clients((port) => ({
      async put(key, body, options) {
        const put = port.put(
          key,
          changePieces(body, (pieces) => showing(port, key, pieces)),
          options,
        )
        await onError(put, async () => body instanceof Uint8Array || port.delete([key]))
      },
    })),
  },
  {
    id: 'lists-parts',
    breaks: 'put-atomic',
    description: 'a key is listed while its body comes',
    mutate: clients((port) => {
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
  },
  {
    id: 'refuses-the-same-again',
    breaks: 'put-idempotent',
    description: 'put of a key that has a blob is refused',
    mutate: clients((port) => ({
      async put(key, body, options) {
        await refuseExisting(port, key)
        await port.put(key, body, options)
      },
    })),
  },
  {
    id: 'keeps-the-old-tail',
    breaks: 'put-over-another',
    description: 'a shorter body leaves the end of a longer one behind it',
    mutate: clients((port) => ({
      async put(key, body, options) {
        const isOver = body instanceof Uint8Array && body.length === options.size && (await hasBlob(port, key))
        const tail = isOver ? await port.get(key, { range: { start: options.size } }) : new Uint8Array()
        const whole = body instanceof Uint8Array ? concatBytes(body, tail) : body
        await port.put(key, whole, { ...options, size: options.size + tail.length })
      },
    })),
  },
  {
    id: 'ignores-empty-blobs',
    breaks: 'put-empty',
    description: 'a put of no bytes stores nothing',
    mutate: clients((port) => ({
      async put(key, body, options) {
        const isEmpty = options.size === 0 && (!(body instanceof Uint8Array) || body.length === 0)
        await port.put(key, body, options)
        if (isEmpty) await port.delete([key])
      },
    })),
  },
  {
    id: 'stops-at-an-empty-piece',
    breaks: 'put-empty-pieces',
    description: 'an empty piece counts as the end of the body',
    mutate: clients((port) => ({
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
  },
  {
    id: 'loses-the-end-of-full-blocks',
    breaks: 'put-sizes',
    description: 'the last byte of whole blocks of 64 KiB is wrong',
    mutate: clients((port) => ({
      put: (key, body, options) =>
        port.put(key, body instanceof Uint8Array && body.length % 65_536 === 0 ? wrongAt(body, body.length - 1) : body, options),
    })),
  },
  {
    id: 'wrong-in-the-fourth-mebibyte',
    breaks: 'put-large',
    description: 'the first byte behind 3 MiB is wrong',
    mutate: clients((port) => ({
      put: (key, body, options) => port.put(key, body instanceof Uint8Array ? wrongAt(body, 3 * 1_048_576) : body, options),
    })),
  },
  {
    id: 'drops-byte-order-marks',
    breaks: 'put-binary',
    description: 'a byte order mark at the beginning is left out',
    mutate: clients((port) => ({
      put(key, body, options) {
        const isMarked = body instanceof Uint8Array && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
        return isMarked ? port.put(key, body.subarray(3), { ...options, size: options.size - 3 }) : port.put(key, body, options)
      },
    })),
  },
  {
    id: 'stores-from-the-start-of-the-buffer',
    breaks: 'put-view',
    description: 'of a view, the bytes at the start of its buffer are stored',
    mutate: clients((port) => ({
      put: (key, body, options) =>
        port.put(key, body instanceof Uint8Array ? new Uint8Array(body.buffer, 0, body.length) : body, options),
    })),
  },
  {
    id: 'clears-the-pieces',
    breaks: 'put-leaves-the-body',
    description: 'pieces are filled with zeros once they are stored',
    mutate: clients((port) => ({
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
  },
  {
    id: 'keeps-the-array',
    breaks: 'put-owns-nothing',
    description: 'the array that was put is kept, not its bytes',
    mutate: clients((port) => {
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
  },
  {
    id: 'reads-without-hyphens',
    breaks: 'put-neighbours',
    description: 'get looks first for the key without its hyphens',
    mutate: clients((port) => ({
      async get(key, options) {
        const joined = key.replaceAll('-', '')
        return joined.length > 1 && joined !== key && (await hasBlob(port, joined))
          ? port.get(joined, options)
          : port.get(key, options)
      },
    })),
  },
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
