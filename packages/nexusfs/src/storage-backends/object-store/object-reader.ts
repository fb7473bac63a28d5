import { NexusError } from '../../core/errors.ts'
import type { ByteRange } from '../../storage/storage-backend.ts'
import type { ObjectBody, ObjectClient } from './object-client.ts'
import type { RetriedCall, Retries, RetrySeries } from './retries.ts'

/**
 * Reads a range of an object. Where the body breaks off, it asks for the rest, of the same version: so the pieces are those of one state
 * of the object, and an end is the end.
 */
export class ObjectReader {
  readonly #client: Pick<ObjectClient, 'get'>
  readonly #retries: Retries
  readonly #key: string
  readonly #call: RetriedCall
  readonly #end: number | undefined
  readonly #isEmpty: boolean
  #at: number
  #left = 0
  #version: string | undefined
  #body: ObjectBody | undefined
  /** Attempts since the last byte came. */
  #series: RetrySeries | undefined

  constructor(client: Pick<ObjectClient, 'get'>, retries: Retries, key: string, range: ByteRange | undefined, call: RetriedCall) {
    const { start, length } = range ?? { start: 0 }
    this.#client = client
    this.#retries = retries
    this.#key = key
    this.#call = call
    this.#at = start
    // No request can ask for nothing: one byte is asked for, and not read.
    this.#isEmpty = length === 0
    this.#end = length === undefined ? undefined : Math.min(start + Math.max(length, 1), Number.MAX_SAFE_INTEGER)
  }

  /**
   * Opens the body; returns how many bytes will come.
   * @throws {NexusError} NotFound, and what the store says
   */
  async open(): Promise<number> {
    this.#left = await this.#reopen()
    if (!this.#isEmpty) return this.#left
    this.cancel()
    this.#left = 0
    return 0
  }

  /** The next piece, which belongs to the client's library; `undefined` at the end. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#left > 0) {
      const piece = await this.#nextOfBody().catch(async (error: unknown) => {
        this.cancel()
        await this.#attempts.pauseAfter(error)
        await this.#reopen()
        return undefined
      })
      if (piece === undefined || piece.length === 0) continue
      this.#at += piece.length
      this.#left -= piece.length
      this.#series = undefined
      return piece
    }
    this.cancel()
    return undefined
  }

  cancel(): void {
    this.#body?.cancel()
    this.#body = undefined
  }

  async #nextOfBody(): Promise<Uint8Array> {
    if (this.#body === undefined) throw new NexusError('Closed', `${this.#call.operation}: the stream was cut off by close`)
    const { done, value } = await this.#retries.wait(this.#call, this.#body.pieces.next())
    if (!done && value.length <= this.#left) return value
    const what = done ? `ended ${this.#left} bytes early` : 'is longer than it said'
    throw new NexusError('Unavailable', `${this.#call.operation}: the body of ${this.#key} ${what}`)
  }

  async #reopen(): Promise<number> {
    while (true) {
      try {
        const range = { start: this.#at, end: this.#end, version: this.#version }
        this.#body = await this.#retries.once(this.#attempts, (request) => this.#client.get(this.#key, range, request))
        break
      } catch (error) {
        await this.#attempts.pauseAfter(error)
      }
    }
    this.#version ??= this.#body.version
    return this.#body.length
  }

  get #attempts(): RetrySeries {
    this.#series ??= this.#retries.series(this.#call)
    return this.#series
  }
}
