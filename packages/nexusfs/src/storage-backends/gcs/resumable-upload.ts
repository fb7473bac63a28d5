import { factOf } from '../object-store/failures.ts'
import type { ObjectRequest, ObjectUpload } from '../object-store/object-client.ts'
import { Crc32c } from './crc32c.ts'
import { GcsFailure, type GcsRequests } from './requests.ts'

export interface UploadTarget {
  readonly requests: GcsRequests
  /** The secret address of the upload; `undefined` if the blob is there already, and nothing needs to be sent. */
  readonly uri: string | undefined
  /** Of the whole object, in bytes. */
  readonly size: number
  /** Removes that generation of the object. */
  remove(generation: string, request: ObjectRequest): Promise<void>
}

/**
 * An object in chunks, one after another; the last one completes it. How far the service has come is what it says itself, and nothing
 * else: after a failure it is asked, and after an answer that has stored less than was sent, the rest is sent from there.
 */
export class ResumableUpload implements ObjectUpload {
  readonly #target: UploadTarget
  readonly #crc = new Crc32c()
  #isThere = false
  #part = 0
  #start = 0
  #end = 0

  constructor(target: UploadTarget) {
    this.#target = target
  }

  async part(number: number, bytes: Uint8Array, request: ObjectRequest): Promise<void> {
    const { uri, size } = this.#target
    if (uri === undefined || this.#isThere) return
    const isAgain = number === this.#part
    if (!isAgain) this.#begin(number, bytes)
    let at: number | undefined = isAgain ? await this.#put(uri, `bytes */${size}`, new Uint8Array(0), request) : this.#start
    while (at !== undefined && at < this.#end) {
      if (at < this.#start) throw new GcsFailure('LostChunk', `the service has ${at} of ${this.#start} bytes that it had`)
      const range = `bytes ${at}-${this.#end - 1}/${size}`
      const stored: number | undefined = await this.#put(uri, range, bytes.subarray(at - this.#start), request)
      if (stored !== undefined && stored <= at) throw new GcsFailure('Stalled', `the service has stored nothing of ${range}`)
      at = stored
    }
    if (this.#isThere) return
    if (at === undefined ? this.#end < size : this.#end === size || at > this.#end) {
      throw new GcsFailure('Stalled', `the service has ${at ?? 'all'} of ${this.#end} bytes that were sent`)
    }
  }

  async abort({ signal }: ObjectRequest): Promise<void> {
    const { uri, requests } = this.#target
    // 499 is the answer to this; the others say that the upload has ended.
    if (uri !== undefined) await requests.send({ method: 'DELETE', path: uri, signal, accepts: [400, 404, 410, 412, 499] })
  }

  #begin(number: number, bytes: Uint8Array): void {
    this.#part = number
    this.#start = this.#end
    this.#end += bytes.length
    this.#crc.update(bytes)
  }

  /** How many bytes the service has now; `undefined` once the object is complete. Without a range it has none. */
  async #put(uri: string, range: string, body: Uint8Array, request: ObjectRequest): Promise<number | undefined> {
    const { size, requests } = this.#target
    const isLast = this.#end === size && body.length > 0
    const response = await requests.send({
      method: 'PUT',
      path: uri,
      headers: { 'content-range': range, ...(isLast && { 'x-goog-hash': `crc32c=${this.#crc}` }) },
      body,
      signal: request.signal,
      accepts: [308, 404, 410, 412],
    })
    const text = await response.text()
    // Somebody else's put of the key was faster, or this one whose answer was lost.
    this.#isThere = response.status === 412
    if (this.#isThere) return undefined
    if (response.status === 404 || response.status === 410) throw new GcsFailure('UploadGone', 'the upload has expired', response)
    if (response.status !== 308) return this.#checkWhole(JSON.parse(text), request)
    const last = /^bytes=0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1]
    return last === undefined ? 0 : Number(last) + 1
  }

  async #checkWhole(object: unknown, request: ObjectRequest): Promise<undefined> {
    const [size, crc32c, generation] = ['size', 'crc32c', 'generation'].map((name) => factOf(object, name))
    if (Number(size) === this.#target.size && crc32c === String(this.#crc)) return
    await this.#target.remove(String(generation), request)
    throw new GcsFailure('DamagedUpload', 'size or checksum of what was stored is not that of what was sent')
  }
}
