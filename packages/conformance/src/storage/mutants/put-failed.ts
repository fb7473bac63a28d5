import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { changePieces, hasBlob, mutant, onError, type StorageMutant, whatComes } from './mutant.ts'

export const failedPutMutants: readonly StorageMutant[] = [
  mutant('believes-the-array', 'put-size', 'the size is ignored where the body is an array', (port) => ({
    put: (key, body, options) => port.put(key, body, body instanceof Uint8Array ? { ...options, size: body.length } : options),
  })),
  mutant('leaves-a-stub', 'put-size', 'an array of the wrong size leaves an empty blob', (port) => ({
    put: (key, body, options) =>
      onError(port.put(key, body, options), async (error) => {
        const isWrong = isNexusError(error, 'InvalidArgument') && body instanceof Uint8Array && blobKeyPattern.test(key)
        if (isWrong && !(await hasBlob(port, key))) await port.put(key, new Uint8Array(), { size: 0 })
      }),
  })),
  mutant('fills-up', 'put-too-short', 'what a body lacks is filled up with zeros', (port) => ({
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
  mutant('cuts-off', 'put-too-long', 'what is too much of a body is left out', (port) => ({
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
  mutant('keeps-what-came', 'put-broken-body', 'what came before a body broke off is stored', (port) => ({
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
  mutant('hides-the-cause', 'put-body-error', "a body's own error is lost", (port) => ({
    put: (key, body, options) =>
      onError(port.put(key, body, options), async (error) => {
        const hasCause = isNexusError(error, 'InvalidArgument') && error.cause !== undefined
        if (hasCause) throw new NexusError('Unexpected', 'put failed')
      }),
  })),
  mutant('holds-on', 'put-lets-go', 'a body that is refused half-way is never told', (port) => ({
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
  mutant('cleans-up-too-much', 'put-failed-keeps', 'a put that fails deletes the blob that was there', (port) => ({
    put: (key, body, options) =>
      onError(port.put(key, body, options), async (error) => {
        if (isNexusError(error, 'InvalidArgument') && blobKeyPattern.test(key)) await port.delete([key])
      }),
  })),
  mutant('stores-when-full', 'put-failed-keeps', 'pieces replace a blob as soon as there are enough bytes', (port) => ({
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
  mutant('keeps-a-part', 'put-failed-keeps', 'pieces that are too few replace a blob', (port) => ({
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
  mutant('guesses-the-size', 'put-size-refused', 'a size that is no whole number is taken from the array', (port) => ({
    put(key, body, options) {
      const isGuessed = body instanceof Uint8Array && !Number.isInteger(options.size)
      return port.put(key, body, isGuessed ? { ...options, size: body.length } : options)
    },
  })),
  mutant('looks-before-it-refuses', 'put-limit', 'the first piece is asked for before the size is looked at', (port) => ({
    async put(key, body, options) {
      if (options.size > port.info.limits.blobBytes && !(body instanceof Uint8Array)) await whatComes(body)
      await port.put(key, body, options)
    },
  })),
]
