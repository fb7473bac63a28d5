import type { Commit, CommitResult, Expectation, MetadataStore } from 'nexusfs'
import { binaryText, equalBytes, keyText, prefixEnd } from 'nexusfs/adapter-kit'
import { at, entryOf, pageOf, present, scan } from '../fixtures.ts'
import {
  clients,
  commits,
  entriesIn,
  expectations,
  held,
  isPresent,
  type MetadataMutant,
  type Mutate,
  reported,
} from './wrong-store.ts'

export const expectationMutants: readonly MetadataMutant[] = [
  {
    id: 'at-or-before',
    breaks: 'expect-at',
    description: '`at` holds for every entry that is not newer',
    mutate: expectations('at', async (expectation, port) => {
      const found = await entryOf(port, expectation.key)
      return found && found.revision < expectation.revision ? at(expectation.key, found.revision) : expectation
    }),
  },
  {
    id: 'at-0-is-absent',
    breaks: 'expect-at-absent',
    description: '`at` revision 0 holds for an absent key',
    mutate: expectations('at', async (expectation, port) => {
      const holds = expectation.revision === 0 && !(await isPresent(port, expectation.key))
      return holds ? undefined : expectation
    }),
  },
  {
    id: 'absent-looks-at-empty-values',
    breaks: 'expect-absent',
    description: '`absent` holds for an entry whose value is not empty',
    mutate: expectations('absent', async (expectation, port) => {
      const found = await entryOf(port, expectation.key)
      return found && found.value.length > 0 ? undefined : expectation
    }),
  },
  {
    id: 'deleted-is-there',
    breaks: 'expect-absent-deleted',
    description: '`absent` fails for a key that was deleted',
    mutate: (subject) => {
      const deleted = new Set<string>()
      return commits((commit) => {
        const expect = commit.expect.map((expectation) =>
          expectation.kind === 'absent' && deleted.has(keyText(expectation.key)) ? present(expectation.key) : expectation,
        )
        for (const write of commit.writes) if (write.kind === 'delete') deleted.add(keyText(write.key))
        return { ...commit, expect }
      })(subject)
    },
  },
  {
    id: 'present-by-prefix',
    breaks: 'expect-present',
    description: '`present` holds if any item begins so',
    mutate: expectations('present', async (expectation, port) => {
      const { group, item } = expectation.key
      const { entries } = await pageOf(port, scan(group, { from: item, to: prefixEnd(item), limit: 1 }))
      return entries.length > 0 ? undefined : expectation
    }),
  },
  {
    id: 'present-in-any-group',
    breaks: 'expect-other-keys',
    description: '`present` holds if a group of the same length has the item',
    mutate: (subject) => {
      const groups = new Map<string, Uint8Array>()
      return commits(async (commit, port) => {
        for (const { key } of commit.writes) groups.set(binaryText(key.group), key.group)
        const expect: Expectation[] = []
        for (const expectation of commit.expect) {
          const holds = expectation.kind === 'present' && (await isInAny(groups, expectation, port))
          expect.push(holds ? held : expectation)
        }
        return { ...commit, expect }
      })(subject)
    },
  },
  {
    id: 'conflict-last',
    breaks: 'conflict-first',
    description: 'a conflict names the last expectation that failed',
    mutate: reordered((expect) => expect.map((_, index) => expect.length - 1 - index)),
  },
  {
    id: 'ranges-after-keys',
    breaks: 'conflict-first-kinds',
    description: 'ranges are looked at after all keys',
    mutate: reordered((expect) => {
      const indexes = expect.map((_, index) => index)
      const isRange = (index: number): boolean => expect[index]?.kind === 'range'
      return [...indexes.filter((index) => !isRange(index)), ...indexes.filter(isRange)]
    }),
  },
  {
    id: 'found-unknown',
    breaks: 'conflict-found',
    description: 'a conflict of `absent` does not tell what was found',
    mutate: reported((result, commit) => {
      const failed = result.status === 'conflict' ? commit?.expect[result.expectation] : undefined
      return result.status === 'conflict' && failed?.kind === 'absent' ? { ...result, found: undefined } : result
    }),
  },
  {
    id: 'expect-first-500',
    breaks: 'expect-many',
    description: 'the first 500 expectations of a commit count',
    mutate: commits((commit) => ({ ...commit, expect: commit.expect.slice(0, 500) })),
  },
  {
    id: 'expect-after-writes',
    breaks: 'expect-before-writes',
    description: 'a range counts what the own commit writes',
    mutate: expectations('range', async (expectation, port, commit) => {
      const before = new Set((await entriesIn(port, expectation)).map(({ key }) => keyText(key)))
      const after = new Set(before)
      for (const write of commit.writes) {
        if (!equalBytes(write.key.group, expectation.range.group)) continue
        if (write.kind === 'put') after.add(keyText(write.key))
        else after.delete(keyText(write.key))
      }
      return { ...expectation, count: Math.max(0, expectation.count - after.size + before.size) }
    }),
  },
]

/** Looks at the expectations of each commit in another order, and reports the index that was given. */
function reordered(order: (expect: readonly Expectation[]) => readonly number[]): Mutate {
  return clients((port) => ({
    commit: async (list, options) => {
      const orders = list.map(({ expect }) => order(expect))
      const results = await port.commit(
        list.map((commit, member) => ({ ...commit, expect: picked(commit, orders[member] ?? []) })),
        options,
      )
      return results.map((result, member) => named(result, orders[member] ?? []))
    },
  }))
}

function picked(commit: Commit, order: readonly number[]): readonly Expectation[] {
  return order.flatMap((index) => commit.expect[index] ?? [])
}

function named(result: CommitResult, order: readonly number[]): CommitResult {
  return result.status === 'conflict' ? { ...result, expectation: order[result.expectation] ?? 0 } : result
}

async function isInAny(
  groups: ReadonlyMap<string, Uint8Array>,
  { key }: Extract<Expectation, { kind: 'present' }>,
  port: MetadataStore,
): Promise<boolean> {
  const alike = [...groups.values()].filter((group) => group.length === key.group.length)
  const { get } = await port.read({ get: alike.map((group) => ({ group, item: key.item })) })
  return get.some((entry) => entry !== undefined)
}
