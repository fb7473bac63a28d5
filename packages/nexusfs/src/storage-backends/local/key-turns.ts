/** Calls for one key run one after the other, in the order they came; calls for different keys do not wait. */
export class KeyTurns {
  readonly #last = new Map<string, Promise<unknown>>()

  async run<Value>(key: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.#last.get(key)
    const turn = before === undefined ? work() : before.then(work, work)
    this.#last.set(key, turn)
    try {
      return await turn
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key)
    }
  }
}
