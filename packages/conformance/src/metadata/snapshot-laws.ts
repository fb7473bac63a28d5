import type { MetadataStore, ReadReply, ReadRequest } from 'nexusfs'
import { expectEqual, expectThat } from '../expect.ts'
import { clientsShareANamespace, type LawContext } from '../law.ts'
import { alongside } from './alongside.ts'
import { entryOf, key, type MetadataLaw, mustCommit, padded, put, scan, textOf, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

const keys = upTo(6).map((index) => key(`item-${index}`, index < 3 ? 'g1' : 'g2'))

export const snapshotLaws: readonly MetadataLaw[] = [
  {
    id: 'read-snapshot',
    member: 'read',
    title: 'get and scan of one read see one state, while another commits',
    sentence: sentences.snapshot,
    check: (context) => checkOneState(context, { get: keys.slice(0, 1), scan: [scan('g1')] }),
  },
  {
    id: 'read-snapshot-gets',
    member: 'read',
    title: 'all keys of one read see one state, while another commits',
    sentence: sentences.snapshot,
    check: (context) => checkOneState(context, { get: keys }),
  },
  {
    id: 'read-snapshot-scans',
    member: 'read',
    title: 'all scans of one read see one state, while another commits',
    sentence: sentences.snapshot,
    check: (context) => checkOneState(context, { scan: [scan('g2'), scan('g1'), scan('g2', { reverse: true })] }),
  },
  {
    id: 'read-own-acks',
    member: 'read',
    title: 'a client sees at once what another had acknowledged',
    sentence: sentences.ownAcks,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const clients = [port, await openAnother()]
      for (const round of upTo(30)) {
        const [writer = port, reader = port] = round < 15 ? clients : clients.toReversed()
        const revision = await mustCommit(writer, [put(key('a'), `round ${round}`)])
        const entry = await entryOf(reader, key('a'))
        expectEqual(entry?.revision, revision, `round ${round}: the other client reads the commit`)
      }
    },
  },
  {
    id: 'read-own-commit',
    member: 'read',
    title: 'a client sees its own acknowledged commit in get and in scan',
    sentence: sentences.ownAcks,
    async check({ port }) {
      for (const round of upTo(20)) {
        await mustCommit(port, [put(key('own'), `round ${round}`)])
        const reply = await port.read({ get: [key('own')], scan: [scan('g')] })
        expectEqual(valuesOf(reply), [`round ${round}`, `round ${round}`], 'what was just committed')
      }
    },
  },
  {
    id: 'commit-whole',
    member: 'commit',
    title: 'a commit of many writes becomes visible at once',
    sentence: sentences.atomic,
    async check({ port }) {
      const writes = upTo(2000).map((index) => put(key(padded(index))))
      const watched = [key(padded(0)), key(padded(999)), key(padded(1999))]
      await alongside(
        () => mustCommit(port, writes),
        async () => {
          const { get } = await port.read({ get: watched })
          const seen = get.filter((entry) => entry !== undefined).length
          expectThat(seen === 0 || seen === 3, 'all of its writes or none', { actual: `${seen} of 3` })
        },
      )
      expectEqual(await textOf(port, key(padded(1999))), '', 'the last write is there')
    },
  },
]

/** One client sets all keys to one value, again and again; each read that runs meanwhile finds one value everywhere. */
async function checkOneState({ port }: LawContext<MetadataStore>, request: ReadRequest): Promise<void> {
  await setAll(port, 0)
  const write = async (): Promise<void> => {
    for (const round of upTo(60)) await setAll(port, round)
  }
  await alongside(write, async () => {
    const values = new Set(valuesOf(await port.read(request)))
    expectEqual(values.size, 1, `one read sees one state, not the values ${[...values].join(', ')}`)
  })
}

async function setAll(port: MetadataStore, round: number): Promise<void> {
  await mustCommit(
    port,
    keys.map((target) => put(target, String(round))),
  )
}

function valuesOf(reply: ReadReply): readonly string[] {
  const entries = [...reply.get, ...reply.scan.flatMap((page) => page.entries)]
  return entries.map((entry) => new TextDecoder().decode(entry?.value))
}
