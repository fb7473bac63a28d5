import type { Commit, Expectation, Key, Revision, Scan, Write } from 'nexusfs'
import { toRevision } from 'nexusfs/adapter-kit'
import type { SeededRandom } from 'nexusfs/testing'
import { absent, at, type Bounds, key, present, put, range, remove, scan, slotKey, upTo } from './fixtures.ts'
import type { StoreModel } from './store-model.ts'

const rangedGroups = ['d1', 'r1']
export const randomGroups: readonly string[] = [...rangedGroups, 'g', 'l']

const items: readonly Uint8Array[] = [[], [0x00], [0x61], [0x61, 0x00], [0x61, 0x62], [0x62], [0x80], [0xff], [0xff, 0xff]].map(
  (bytes) => Uint8Array.from(bytes),
)

/** Every key without a slot that a random commit may name. */
export const randomKeys: readonly Key[] = randomGroups.flatMap((group) => items.map((item) => key(item, group)))

/** Draws commits about few keys, so that they meet; about half of them have reason to fail. */
export class RandomCommits {
  readonly #random: SeededRandom
  readonly #model: StoreModel
  readonly #revisions: Revision[] = [toRevision(0)]

  constructor(random: SeededRandom, model: StoreModel) {
    this.#random = random
    this.#model = model
  }

  /** Tells of a revision that was issued, to be expected later on. */
  note(revision: Revision): void {
    this.#revisions.push(revision)
  }

  list(): readonly Commit[] {
    return upTo(this.#random.integer(1, 4)).map(() => this.#commit())
  }

  scan(): Scan {
    const { limit, reverse } = { limit: this.#random.integer(1, 6), reverse: this.#random.integer(0, 1) === 1 }
    return scan(this.#random.pick(randomGroups), { ...this.#bounds(), limit, reverse })
  }

  #commit(): Commit {
    const targets = this.#random.shuffle(randomKeys).slice(0, this.#random.integer(1, 4))
    const expect = upTo(this.#random.integer(0, 3)).map(() => this.#expectation())
    return { expect, writes: targets.map((target) => this.#write(target)) }
  }

  #write(target: Key): Write {
    const value = this.#random.bytes(this.#random.integer(0, 5))
    const kind = this.#random.integer(0, 9)
    if (kind < 3) return remove(target)
    if (kind < 4) return put(slotKey(target.item, this.#random.integer(0, target.item.length), target.group), value)
    return put(target, value)
  }

  #expectation(): Expectation {
    const target = this.#random.pick(randomKeys)
    const found = this.#model.get(target)
    const kind = this.#random.integer(0, 9)
    if (kind < 1) return this.#random.pick([absent, present])(target)
    if (kind < 4) return found === undefined ? absent(target) : present(target)
    if (kind < 7) return at(target, this.#isLucky() && found ? found.revision : this.#random.pick(this.#revisions))
    return this.#range()
  }

  #range(): Expectation {
    const group = this.#random.pick(rangedGroups)
    const bounds = this.#bounds()
    const entries = this.#model.inRange(scan(group, bounds))
    const count = this.#isLucky() ? entries.length : this.#random.integer(0, 5)
    const highest = Math.max(0, ...entries.map((entry) => entry.revision))
    return range(group, count, this.#isLucky() ? toRevision(highest) : this.#random.pick(this.#revisions), bounds)
  }

  #bounds(): Bounds {
    const [from, to] = [this.#bound(), this.#bound()]
    return { from, to }
  }

  #bound(): Uint8Array | undefined {
    return this.#random.integer(0, 2) === 0 ? undefined : this.#random.pick(items)
  }

  #isLucky(): boolean {
    return this.#random.integer(0, 9) < 8
  }
}
