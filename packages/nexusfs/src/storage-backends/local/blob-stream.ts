import { resolveRange } from '../../storage/check-call.ts'
import type { GetOptions } from '../../storage/storage-backend.ts'
import { closeBehind, openBlob, readRange, withOpenBlob } from './blob-reader.ts'
import type { GatedCall } from './call-gate.ts'
import type { BlobFile, LocalPlace } from './local-place.ts'

const pieceBytes = 1_048_576

/**
 * A blob being read in pieces of at most 1 MiB. It keeps its file open between pieces if a permit is free, so that a blob which is
 * deleted meanwhile can be read to its end; else it opens the file anew for each piece: a reader who pauses never stops another.
 */
export class BlobStream {
  readonly #place: LocalPlace
  readonly #file: BlobFile
  readonly #end: number
  #position: number
  /** Open between pieces; a permit goes with it. */
  #fd: number | undefined

  /**
   * @throws {NexusError} NotFound, Corrupt if something else than a file stands there
   */
  static async open(place: LocalPlace, file: BlobFile, options: GetOptions, call: GatedCall): Promise<BlobStream> {
    if (!place.permits.streams.tryAcquire()) {
      const size = await withOpenBlob(place, file, call, async (blob) => blob.size)
      return new BlobStream(place, file, resolveRange(options.range, size), undefined)
    }
    try {
      const { fd, size } = await openBlob(place, file)
      return new BlobStream(place, file, resolveRange(options.range, size), fd)
    } catch (error) {
      place.permits.streams.release()
      throw error
    }
  }

  private constructor(place: LocalPlace, file: BlobFile, range: { start: number; end: number }, fd: number | undefined) {
    this.#place = place
    this.#file = file
    this.#position = range.start
    this.#end = range.end
    this.#fd = fd
  }

  /** The next piece; `undefined` at the end. */
  async next(call: GatedCall): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const start = this.#position
    const end = Math.min(start + pieceBytes, this.#end)
    if (end <= start) return undefined
    const bytes =
      this.#fd === undefined
        ? await withOpenBlob(this.#place, this.#file, call, ({ fd }) => readRange(this.#place, fd, start, end))
        : await readRange(this.#place, this.#fd, start, end)
    this.#position += bytes.length
    return bytes.length === 0 ? undefined : bytes
  }

  /** Idempotent. */
  close(): void {
    const fd = this.#fd
    if (fd === undefined) return
    this.#fd = undefined
    closeBehind(this.#place, fd, () => this.#place.permits.streams.release())
  }
}
