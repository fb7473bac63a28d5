import { createHash } from 'node:crypto'
import type { Random } from '../core/system.ts'

/** Numbers that look random and are the same for the same seed on every machine. */
export interface SeededRandom extends Random {
  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number
  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item
  /** A new list in another order. */
  shuffle<Item>(items: readonly Item[]): Item[]
}

/** A generator whose sequence depends on every part of the seed. */
export function seededRandom(...seed: readonly (string | number)[]): SeededRandom {
  return new Generator(seed.join('\u0000'))
}

/** A seed to begin with, where none was given; it is printed with every failure. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 0x1_0000_0000)
}

/** Long bodies repeat themselves, which is 20 times as fast; the period is a prime, so that no two blocks or pieces are alike. */
const periodWords = 16_381

/** The sfc32 generator (C. Doty-Humphrey, PractRand): 128 bits of state, of which one word counts. */
class Generator implements SeededRandom {
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(seed: string) {
    const digest = createHash('sha256').update(seed).digest()
    this.#a = digest.readInt32LE(0)
    this.#b = digest.readInt32LE(4)
    this.#c = digest.readInt32LE(8)
    for (let warmUp = 0; warmUp < 12; warmUp++) this.#next()
  }

  bytes(size: number): Uint8Array<ArrayBuffer> {
    const words = new Int32Array(Math.ceil(size / 4))
    const drawn = Math.min(words.length, periodWords)
    for (let at = 0; at < drawn; at++) words[at] = this.#next()
    for (let at = drawn; at < words.length; at += drawn) words.copyWithin(at, 0, drawn)
    return new Uint8Array(words.buffer, 0, size)
  }

  fraction(): number {
    return (this.#next() >>> 0) / 0x1_0000_0000
  }

  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length - 1)]
    if (item === undefined) throw new RangeError('pick: the list is empty')
    return item
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    const left = [...items]
    const shuffled: Item[] = []
    while (left.length > 0) shuffled.push(...left.splice(this.integer(0, left.length - 1), 1))
    return shuffled
  }

  #next(): number {
    const out = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + out) | 0
    return out
  }
}
