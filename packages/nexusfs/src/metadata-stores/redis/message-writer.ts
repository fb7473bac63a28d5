import { PackedWriter } from './packed-writer.ts'

/** Builds MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), as far as the scripts take it: they read it with one call. */
export class MessageWriter {
  readonly #bytes: PackedWriter

  /** @param capacity bytes to begin with */
  constructor(capacity: number) {
    this.#bytes = new PackedWriter(capacity)
  }

  /** Begins an array: so many elements follow. */
  array(length: number): void {
    this.#bytes.uint8(0xdd)
    this.#bytes.uint32(length)
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): void {
    if (value < 0x80) {
      this.#bytes.uint8(value)
      return
    }
    this.#bytes.uint8(0xcf)
    this.#bytes.uint64(value)
  }

  claim(holds: boolean): void {
    this.#bytes.uint8(holds ? 0xc3 : 0xc2)
  }

  /** Begins a string of so many bytes, which are to be added with `raw`. */
  string(length: number): void {
    if (length < 0x100) {
      this.#bytes.uint8(0xd9)
      this.#bytes.uint8(length)
    } else {
      this.#bytes.uint8(0xdb)
      this.#bytes.uint32(length)
    }
  }

  get raw(): PackedWriter {
    return this.#bytes
  }

  /** What was written; the writer is of no use afterwards. */
  finish(): Buffer {
    return this.#bytes.finish()
  }
}
