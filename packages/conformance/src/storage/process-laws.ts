import type { StorageBackend } from 'nexusfs'
import { expectEqual } from '../expect.ts'
import { namespacesOfProcesses } from '../law.ts'
import { roundsFromNow } from '../other-process/rounds.ts'
import { contentOf, expectBlob, listedKeys, type StorageContext, type StorageLaw } from './fixtures.ts'
import { blobsOf, bothPut, works, worksModule } from './process-works.ts'
import { sentences } from './sentences.ts'

const shared = namespacesOfProcesses<StorageBackend>()

/** What the laws about clients cannot see: clients of one process may share a cache, a lock or a counter that no other process knows. */
export const processLaws: readonly StorageLaw[] = [
  {
    id: 'processes-see-puts',
    member: 'info',
    title: 'a process sees what another put, by get and stat, though it had just looked in vain',
    sentence: sentences.shared,
    requires: shared,
    async check(context) {
      for (const [round, [writer, reader]] of (await inTurns(context)).entries()) {
        const key = `seen/of-${round}`
        expectEqual(await reader('look', key), [undefined, undefined], 'what the other process sees before the put', key)
        await writer('put', key)
        expectEqual(await reader('look', key), whole(key), 'what the other process sees after the put', key)
      }
    },
  },
  {
    id: 'processes-see-deletes',
    member: 'info',
    title: 'a process no longer sees what another deleted, by get and stat, though it had just read it',
    sentence: sentences.shared,
    requires: shared,
    async check(context) {
      for (const [round, [writer, reader]] of (await inTurns(context)).entries()) {
        const key = `gone/of-${round}`
        await writer('put', key)
        expectEqual(await reader('look', key), whole(key), 'what the other process sees before the delete', key)
        await writer('delete', key)
        expectEqual(await reader('look', key), [undefined, undefined], 'what the other process sees after the delete', key)
      }
    },
  },
  {
    id: 'processes-see-list',
    member: 'info',
    title: 'a list knows every put and delete of another process that returned before it',
    sentence: sentences.shared,
    requires: shared,
    async check(context) {
      for (const [round, [writer, reader]] of (await inTurns(context)).entries()) {
        const key = `list/of-${round}`
        expectEqual(await reader('list'), [], 'list before the put of the other process')
        await writer('put', key)
        expectEqual(await reader('list'), [key], 'list after the put of the other process')
        await writer('delete', key)
        expectEqual(await reader('list'), [], 'list after the delete of the other process')
      }
    },
  },
  {
    id: 'processes-put-at-once',
    member: 'put',
    title: 'two processes that put at the same time, one blob both and others each, leave all of them whole',
    sentence: sentences.anyTime,
    requires: shared,
    async check(context) {
      const { port } = context
      const [here, there] = await sidesOf(context)
      const rounds = roundsFromNow(10)
      await Promise.all([here('putsInRounds', rounds, 'here'), there('putsInRounds', rounds, 'there')])
      const inRound = (round: number) => [bothPut(round), ...blobsOf('here', round), ...blobsOf('there', round)]
      const blobs = Array.from({ length: 10 }, (_, round) => inRound(round)).flat()
      for (const { key, bytes } of blobs) await expectBlob(port, key, bytes, 'get after two processes put at the same time')
      expectEqual(await listedKeys(port), blobs.map(({ key }) => key).sort(), 'list after two processes put at the same time')
    },
  },
]

type Side = (work: keyof typeof works, ...args: readonly unknown[]) => Promise<unknown>

/** The same work in this process and in another one, each with a client of its own. */
async function sidesOf({ port, openInOtherProcess }: StorageContext): Promise<readonly [here: Side, there: Side]> {
  const other = await openInOtherProcess()
  const here: Side = (work, ...args) => Reflect.apply(works[work], works, [port, ...args])
  const there: Side = (work, ...args) => other.run(worksModule, work, ...args)
  await there('list')
  return [here, there]
}

/** Writer and reader, some rounds each way. */
async function inTurns(context: StorageContext): Promise<readonly (readonly [writer: Side, reader: Side])[]> {
  const [here, there] = await sidesOf(context)
  return Array.from({ length: 10 }, (_, round) => (round % 2 === 0 ? [here, there] : [there, here]))
}

function whole(key: string): readonly [text: string, size: number] {
  const bytes = contentOf(key)
  return [new TextDecoder().decode(bytes), bytes.length]
}
