import { setTimeout } from 'node:timers/promises'
import type { MetadataStore, Watch } from 'nexusfs'
import { expectRejection, expectThat, LawBroken } from '../expect.ts'
import { clientsShareANamespace, type LawRequirement } from '../law.ts'
import { key, type MetadataLaw, mustCommit, put, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

const canWatch: LawRequirement<MetadataStore> = {
  description: 'capability watch',
  isMet: (_subject, info) => info.capabilities.watch,
}

const canWatchOthers: LawRequirement<MetadataStore> = {
  description: `capability watch, and ${clientsShareANamespace<MetadataStore>().description}`,
  isMet: (subject, info, port) => info.capabilities.watch && clientsShareANamespace<MetadataStore>().isMet(subject, info, port),
}

export const watchLaws: readonly MetadataLaw[] = [
  {
    id: 'watch-own',
    member: 'watch',
    title: "a watch hears of its own client's commits",
    sentence: sentences.watch,
    requires: canWatch,
    async check({ port }) {
      const watcher = await watchOf(port)
      await mustCommit(port, [put(key('a'))])
      await watcher.expectCall('after an own commit')
      await watcher.watch.close()
    },
  },
  {
    id: 'watch-others',
    member: 'watch',
    title: "a watch hears of other clients' commits",
    sentence: sentences.watch,
    requires: canWatchOthers,
    async check({ port, openAnother }) {
      const other = await openAnother()
      const watcher = await watchOf(port)
      await mustCommit(other, [put(key('a'))])
      await watcher.expectCall("after another client's commit")
      await watcher.watch.close()
    },
  },
  {
    id: 'watch-last',
    member: 'watch',
    title: 'a watch hears again after each burst of commits, at least once after its last',
    sentence: sentences.watch,
    requires: canWatch,
    async check({ port }) {
      const watcher = await watchOf(port)
      for (const burst of upTo(3)) {
        for (const round of upTo(5)) await mustCommit(port, [put(key(`item-${round}`))])
        watcher.forget()
        await mustCommit(port, [put(key('last'))])
        await watcher.expectCall(`after the last commit of burst ${burst}`)
      }
      await watcher.watch.close()
    },
  },
  {
    id: 'watch-two',
    member: 'watch',
    title: 'each of two watches of one client is called, and closing one leaves the other',
    sentence: sentences.watch,
    requires: canWatch,
    async check({ port }) {
      const [first, second] = [await watchOf(port), await watchOf(port)]
      await mustCommit(port, [put(key('a'))])
      await Promise.all([first.expectCall('the first'), second.expectCall('the second')])
      await first.watch.close()
      second.forget()
      await mustCommit(port, [put(key('a'))])
      await second.expectCall('the second, after the first is closed')
      await second.watch.close()
    },
  },
  {
    id: 'watch-close',
    member: 'watch',
    title: 'a closed watch is not called any more, and is closed again without effect',
    sentence: sentences.watchClose,
    requires: canWatch,
    async check({ port }) {
      const watcher = await watchOf(port)
      await mustCommit(port, [put(key('a'))])
      await watcher.expectCall('before it is closed')
      await watcher.watch.close()
      await watcher.watch.close()
      watcher.forget()
      await mustCommit(port, [put(key('a'))])
      await setTimeout(quietMs)
      expectThat(watcher.calls === 0, 'no call after close', { actual: `${watcher.calls} calls` })
    },
  },
  {
    id: 'watch-unsupported',
    member: 'watch',
    title: 'where there is no watch, asking for one is refused',
    sentence: sentences.unsupported,
    requires: { description: 'no capability watch', isMet: (_subject, info) => !info.capabilities.watch },
    async check({ port }) {
      if (port.watch === undefined) return
      await expectRejection(() => port.watch?.(() => {}), 'Unsupported', 'watch is refused')
    },
  },
]

/** Milliseconds in which a closed watch has to keep quiet. */
const quietMs = 15
/** Milliseconds that a listener may be late. */
const patienceMs = 10_000

class Watcher {
  readonly watch: Watch
  readonly #ear: Ear

  constructor(watch: Watch, ear: Ear) {
    this.watch = watch
    this.#ear = ear
  }

  get calls(): number {
    return this.#ear.calls
  }

  forget(): void {
    this.#ear.calls = 0
  }

  async expectCall(when: string): Promise<void> {
    const giveUpAt = performance.now() + patienceMs
    while (this.#ear.calls === 0) {
      if (performance.now() > giveUpAt)
        throw new LawBroken(`the listener is called ${when}`, { actual: `silence for ${patienceMs} ms` })
      await setTimeout(1)
    }
  }
}

interface Ear {
  calls: number
}

export async function watchOf(port: MetadataStore): Promise<Watcher> {
  const ear: Ear = { calls: 0 }
  const watch = await port.watch?.(() => {
    ear.calls += 1
  })
  if (watch === undefined) throw new LawBroken('a store with the capability watch has the method')
  return new Watcher(watch, ear)
}
