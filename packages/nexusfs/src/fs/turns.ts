import { orAborted } from '../core/abort.ts'
import { throwIfAborted } from '../core/errors.ts'

/**
 * Lets callers in one process take turns on a path. It saves them retries; what keeps writers apart is the commit.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /**
   * Runs `work` after all work that was handed in before for the same name.
   * @throws {NexusError} Aborted if the caller cancels while he waits: the work is not begun then
   */
  async take<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last.get(name)
    if (before === undefined) return this.#run(name, work())
    let hasBegun = false
    const begin = (): Promise<T> => {
      throwIfAborted(signal, 'write')
      hasBegun = true
      return work()
    }
    const mine = this.#run(name, before.then(begin, begin))
    try {
      await orAborted(before.then(ignore, ignore), signal, 'write')
    } catch (error) {
      if (!hasBegun) throw error
    }
    return mine
  }

  #run<T>(name: string, mine: Promise<T>): Promise<T> {
    this.#last.set(name, mine)
    const release = (): void => {
      if (this.#last.get(name) === mine) this.#last.delete(name)
    }
    mine.then(release, release)
    return mine
  }
}

function ignore(): void {}
