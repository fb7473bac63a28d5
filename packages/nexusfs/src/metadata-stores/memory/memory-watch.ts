import { callListener } from '../../metadata/call-listener.ts'
import type { Watch } from '../../metadata/metadata-store.ts'
import type { MemoryPlace } from './memory-place.ts'

/** Calls its listener in a later turn of the event loop, once for all commits since the last call. */
export class MemoryWatch implements Watch {
  readonly #listener: () => void
  readonly #stopListening: () => void
  readonly #onClose: () => void
  #scheduled: NodeJS.Immediate | undefined

  constructor(place: MemoryPlace, listener: () => void, onClose: () => void) {
    this.#listener = listener
    this.#onClose = onClose
    this.#stopListening = place.listen(() => this.#schedule())
  }

  async close(): Promise<void> {
    this.#stopListening()
    clearImmediate(this.#scheduled)
    this.#onClose()
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined
      callListener(this.#listener)
    })
  }
}
