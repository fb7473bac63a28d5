import { setImmediate as nextTurn } from 'node:timers/promises'
import { concatBytes, copyBytes } from '../core/bytes.ts'
import { type Digest, DigestStream, digestOnThread } from '../core/digest.ts'
import { throwIfAborted } from '../core/errors.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { ChunkedContent } from './chunked-content.ts'
import type { ContentStore } from './content-store.ts'
import { ChunkCutter } from './fast-cdc.ts'
import type { IncomingContent } from './incoming-content.ts'
import { type Chunk, chunkPages, type PlacedChunk, type StoredInChunks } from './manifest.ts'
import { ManifestWriter } from './manifest-writer.ts'
import { lostContent } from './stored-extension.ts'

/** Cut and hashed between two turns of the event loop: about a millisecond. */
const bytesPerTurn = 512 * 1024

/**
 * Takes in content of any length piece by piece. What turns out to be small is taken in as a whole; the rest is cut into chunks, which are stored
 * while it comes. At most two steps of chunks (see `ManifestWriter`) and one chunk are in memory: a body that comes faster has to wait.
 * @param body its pieces are copied, so that it may use its memory again
 * @throws {NexusError} Aborted; what the body throws, and what storing throws: nothing of the content stays then
 */
export async function receiveStream(
  contents: ContentStore,
  metadata: MetadataStore,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<IncomingContent> {
  const head: Uint8Array[] = []
  let headBytes = 0
  let chunks: ChunkReceiver | undefined
  try {
    for await (const piece of body) {
      throwIfAborted(signal, 'write')
      if (chunks === undefined && headBytes + piece.length <= contents.chunking.wholeBytes) {
        head.push(copyBytes(piece))
        headBytes += piece.length
        continue
      }
      chunks ??= await ChunkReceiver.open(contents, metadata, signal)
      for (const early of head.splice(0)) await chunks.take(early)
      await chunks.take(piece)
    }
    throwIfAborted(signal, 'write')
    return chunks === undefined ? await contents.receive(joined(head, headBytes), signal) : await chunks.end()
  } catch (error) {
    chunks?.giveUp()
    throw error
  }
}

/** The same for bytes in memory, which nobody changes any more: none of them is copied. */
export async function receiveLarge(
  contents: ContentStore,
  metadata: MetadataStore,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<IncomingContent> {
  const digest = digestOnThread(bytes)
  digest.catch(() => undefined)
  const writer = await ManifestWriter.open(contents, metadata, signal)
  try {
    await cutInto(writer, contents, bytes, signal)
    const written = await writer.finish()
    contents.bodies.giveBack(bytes)
    return new ChunkedContent(contents, { digest: await digest, size: bytes.length, writer, written })
  } catch (error) {
    contents.cleanUp(writer.abandon())
    throw error
  }
}

/**
 * A content in chunks that begins with another one. Of one in chunks all but the last are taken as they are, and only the last is read: it is cut again
 * with what comes behind it, as if all had come at one go.
 * @param digest of the whole
 */
export async function receiveBehind(
  contents: ContentStore,
  metadata: MetadataStore,
  root: { readonly content: Chunk; readonly stored: StoredInChunks | undefined },
  part: Uint8Array,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<IncomingContent> {
  const writer = await ManifestWriter.open(contents, metadata, signal)
  try {
    let last: PlacedChunk | undefined
    if (root.stored !== undefined) {
      for await (const page of chunkPages(metadata, root.stored, 0, signal)) {
        for (const chunk of page) {
          if (last !== undefined) await writer.add(last)
          last = chunk
        }
      }
    }
    const before = last === undefined ? await contents.read(root.content.digest) : await contents.chunk(last, undefined)
    if (before === undefined) throw lostContent(root.content.digest)
    await cutInto(writer, contents, concatBytes(before, part), signal)
    const written = await writer.finish()
    return new ChunkedContent(contents, { digest, size: root.content.size + part.length, writer, written })
  } catch (error) {
    contents.cleanUp(writer.abandon())
    throw error
  }
}

async function cutInto(
  writer: ManifestWriter,
  contents: ContentStore,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const cutter = new ChunkCutter(contents.chunking.sizes)
  let start = 0
  for (let from = 0; from < bytes.length; ) {
    throwIfAborted(signal, 'write')
    const window = bytes.subarray(0, Math.min(bytes.length, from + bytesPerTurn))
    const cut = cutter.next(window, from)
    from = cut ?? window.length
    if (cut !== undefined) {
      await writer.add(bytes.subarray(start, cut))
      start = cut
    }
    await nextTurn()
  }
  if (start < bytes.length) await writer.add(bytes.subarray(start))
}

class ChunkReceiver {
  readonly #contents: ContentStore
  readonly #writer: ManifestWriter
  readonly #cutter: ChunkCutter
  readonly #hash = new DigestStream()
  readonly #signal: AbortSignal | undefined
  /** Memory of the step that is being filled, and of the one that is being stored; the second when it is needed. */
  readonly #buffers: [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer> | undefined]
  /** In the first of them: where the chunk begins that is being filled, and where it goes on. */
  #start = 0
  #filled = 0
  #size = 0

  static async open(contents: ContentStore, metadata: MetadataStore, signal: AbortSignal | undefined): Promise<ChunkReceiver> {
    return new ChunkReceiver(contents, await ManifestWriter.open(contents, metadata, signal), signal)
  }

  private constructor(contents: ContentStore, writer: ManifestWriter, signal: AbortSignal | undefined) {
    this.#contents = contents
    this.#writer = writer
    this.#signal = signal
    this.#cutter = new ChunkCutter(contents.chunking.sizes)
    this.#buffers = [this.#newBuffer(), undefined]
  }

  async take(piece: Uint8Array): Promise<void> {
    for (let start = 0; start < piece.length; start += bytesPerTurn) {
      throwIfAborted(this.#signal, 'write')
      await this.#takeSlice(piece.subarray(start, start + bytesPerTurn))
    }
  }

  async end(): Promise<IncomingContent> {
    if (this.#filled > this.#start) await this.#addChunk()
    const written = await this.#writer.finish()
    const digest = this.#contents.hashes.set(this.#hash)
    return new ChunkedContent(this.#contents, { digest, size: this.#size, writer: this.#writer, written })
  }

  giveUp(): void {
    this.#contents.cleanUp(this.#writer.abandon())
  }

  async #takeSlice(slice: Uint8Array): Promise<void> {
    this.#hash.update(slice)
    this.#size += slice.length
    for (let from = 0; from < slice.length; ) {
      const cut = this.#cutter.next(slice, from)
      const end = cut ?? slice.length
      this.#buffers[0].set(slice.subarray(from, end), this.#filled)
      this.#filled += end - from
      if (cut !== undefined) await this.#addChunk()
      from = end
    }
    // A body that is at hand already would never let a timer run.
    if (this.#size % bytesPerTurn < slice.length) await nextTurn()
  }

  /** A step that begins to be stored keeps its memory until the next one is full: the writer then has stored it. */
  async #addChunk(): Promise<void> {
    const [filling, free] = this.#buffers
    const chunk = filling.subarray(this.#start, this.#filled)
    this.#start = this.#filled
    await this.#writer.add(chunk)
    if (this.#writer.hasOpenStep) return
    this.#buffers[0] = free ?? this.#newBuffer()
    this.#buffers[1] = filling
    this.#start = 0
    this.#filled = 0
  }

  /** Its last chunk may be one of the largest. */
  #newBuffer(): Uint8Array<ArrayBuffer> {
    const { sizes, stepBytes } = this.#contents.chunking
    return new Uint8Array(stepBytes + sizes.most)
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
