import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { changePieces, clients, hasBlob, onError, type StorageMutant, whatComes } from './wrong-backend.ts'

export const failedPutMutants: readonly StorageMutant[] = [
  {
    id: 'believes-the-array',
    breaks: 'put-size',
    description: 'the size is ignored where the body is an array',
    mutate: clients((port) => ({
      put: (key, body, options) => port.put(key, body, body instanceof Uint8Array ? { ...options, size: body.length } : options),
    })),
  },
  {
    id: 'leaves-a-stub',
    breaks: 'put-size',
    description: 'an array of the wrong size leaves an empty blob',
    mutate: clients((port) => ({
      put: (key, body, options) =>
        onError(port.put(key, body, options), async (error) => {
          const isWrong = isNexusError(error, 'InvalidArgument') && body instanceof Uint8Array && blobKeyPattern.test(key)
          if (isWrong && !(await hasBlob(port, key))) await port.put(key, new Uint8Array(), { size: 0 })
        }),
    })),
  },
  {
    id: 'fills-up',
    breaks: 'put-too-short',
    description: 'what a body lacks is filled up with zeros',
    mutate: clients((port) => ({
      put: (key, body, options) =>
        port.put(
          key,
          changePieces(body, async function* (pieces) {
            let missing = options.size
            for await (const piece of pieces) {
              missing -= piece.length
              yield piece
            }
            if (missing > 0) yield new Uint8Array(missing)
          }),
          options,
        ),
    })),
  },
  {
    id: 'cuts-off',
    breaks: 'put-too-long',
    description: 'what is too much of a body is left out',
    mutate: clients((port) => ({
      put: (key, body, options) =>
        port.put(
          key,
          changePieces(body, async function* (pieces) {
            let missing = options.size
            for await (const piece of pieces) {
              yield piece.subarray(0, missing)
              missing -= Math.min(missing, piece.length)
              if (missing === 0) return
            }
          }),
          options,
        ),
    })),
  },
  {
    id: 'keeps-what-came',
    breaks: 'put-broken-body',
    description: 'what came before a body broke off is stored',
    mutate: clients((port) => ({
      async put(key, body, options) {
        const copy: Uint8Array[] = []
        const noting = changePieces(body, async function* (pieces) {
          for await (const piece of pieces) {
            copy.push(piece)
            yield piece
          }
        })
        await onError(port.put(key, noting, options), async (error) => {
          if (!isNexusError(error, 'InvalidArgument') || error.cause === undefined) return
          const came = Buffer.concat(copy)
          await port.put(key, came, { size: came.length })
        })
      },
    })),
  },
  {
    id: 'hides-the-cause',
    breaks: 'put-body-error',
    description: "a body's own error is lost",
    mutate: clients((port) => ({
      put: (key, body, options) =>
        onError(port.put(key, body, options), async (error) => {
          const hasCause = isNexusError(error, 'InvalidArgument') && error.cause !== undefined
          if (hasCause) throw new NexusError('Unexpected', 'put failed')
        }),
    })),
  },
  {
    id: 'holds-on',
    breaks: 'put-lets-go',
    description: 'a body that is refused half-way is never told',
    mutate: clients((port) => ({
      put: (key, body, options) =>
        port.put(
          key,
          changePieces(body, (pieces) => {
            const iterator = pieces[Symbol.asyncIterator]()
            return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) }
          }),
          options,
        ),
    })),
  },
  {
    id: 'cleans-up-too-much',
    breaks: 'put-failed-keeps',
    description: 'a put that fails deletes the blob that was there',
    mutate: clients((port) => ({
      put: (key, body, options) =>
        onError(port.put(key, body, options), async (error) => {
          if (isNexusError(error, 'InvalidArgument') && blobKeyPattern.test(key)) await port.delete([key])
        }),
    })),
  },
  {
    id: 'stores-when-full',
    breaks: 'put-failed-keeps',
    description: 'pieces replace a blob as soon as there are enough bytes',
    mutate: clients((port) => ({
      async put(key, body, options) {
        const isOver = !(body instanceof Uint8Array) && blobKeyPattern.test(key) && (await hasBlob(port, key))
        if (!isOver) return await port.put(key, body, options)
        const came: Uint8Array[] = []
        let missing = options.size
        const noting = changePieces(body, async function* (pieces) {
          for await (const piece of pieces) {
            came.push(piece)
            missing -= piece.length
            if (missing === 0) await port.put(key, Buffer.concat(came), { size: options.size })
            yield piece
          }
        })
        await port.put(key, noting, options)
      },
    })),
  },
  {
    id: 'keeps-a-part',
    breaks: 'put-failed-keeps',
    description: 'pieces that are too few replace a blob',
    mutate: clients((port) => ({
      async put(key, body, options) {
        const came: Uint8Array[] = []
        const noting = changePieces(body, async function* (pieces) {
          for await (const piece of pieces) {
            came.push(piece)
            yield piece
          }
        })
        await onError(port.put(key, noting, options), async (error) => {
          const part = Buffer.concat(came)
          const isShort = isNexusError(error, 'InvalidArgument') && part.length > 0 && part.length < options.size
          if (isShort && (await hasBlob(port, key))) await port.put(key, part, { size: part.length })
        })
      },
    })),
  },
  {
    id: 'guesses-the-size',
    breaks: 'put-size-refused',
    description: 'a size that is not a whole number is taken from the array',
    mutate: clients((port) => ({
      put(key, body, options) {
        const isGuessed = body instanceof Uint8Array && !Number.isInteger(options.size)
        return port.put(key, body, isGuessed ? { ...options, size: body.length } : options)
      },
    })),
  },
  {
    id: 'looks-before-it-refuses',
    breaks: 'put-limit',
    description: 'the first piece is asked for before the size is looked at',
    mutate: clients((port) => ({
      async put(key, body, options) {
        if (options.size > port.info.limits.blobBytes && !(body instanceof Uint8Array)) await whatComes(body)
        await port.put(key, body, options)
      },
    })),
  },
]
