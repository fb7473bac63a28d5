import type { MetadataEntry, MetadataStore, Write } from 'nexusfs'
import { binaryText, equalBytes, isRangedGroup, toRevision } from 'nexusfs/adapter-kit'
import { entryOf } from '../fixtures.ts'
import {
  clients,
  commits,
  entriesIn,
  expectations,
  type MetadataMutant,
  type Mutate,
  notEmpty,
  type RangeExpectation,
} from './wrong-store.ts'

export const rangeMutants: readonly MetadataMutant[] = [
  {
    id: 'deleted-counts',
    breaks: 'range-empty',
    description: 'a group in which something was deleted is never empty again',
    mutate: (subject) => {
      const touched = new Set<string>()
      return commits((commit) => {
        const expect = commit.expect.map((expectation) => {
          const isTouched = expectation.kind === 'range' && touched.has(binaryText(expectation.range.group))
          return isTouched && expectation.count === 0 ? { ...expectation, count: 9_999 } : expectation
        })
        for (const write of commit.writes) if (write.kind === 'delete') touched.add(binaryText(write.key.group))
        return { ...commit, expect }
      })(subject)
    },
  },
  {
    id: 'count-at-least',
    breaks: 'range-count',
    description: 'a count above 0 is the least number',
    mutate: exact((entries, { count }) => count > 0 && entries.length > count),
  },
  {
    id: 'max-revision-and-one',
    breaks: 'range-max-revision',
    description: 'a range may have a revision one above the highest named',
    mutate: expectations('range', (expectation) => ({ ...expectation, maxRevision: toRevision(expectation.maxRevision + 1) })),
  },
  {
    id: 'range-first-entries',
    breaks: 'range-sees-put',
    description: 'only the first `count` entries of a group are looked at',
    mutate: unless((entries, { range, count, maxRevision }) => {
      if (count === 0 || range.from || range.to || entries.length < count) return false
      return entries.slice(0, count).every(({ revision }) => revision <= maxRevision)
    }),
  },
  {
    id: 'count-at-most',
    breaks: 'range-sees-delete',
    description: 'the count is the highest number, if any entry is left',
    mutate: exact((entries, { count }) => entries.length > 0 && entries.length < count),
  },
  {
    id: 'same-value-not-put',
    breaks: 'range-sees-overwrite',
    description: 'a put of the same value in a ranged group is left out',
    mutate: commits(async (commit, port) => ({
      ...commit,
      writes: notEmpty(await changing(commit.writes, port), commit.writes),
    })),
  },
  {
    id: 'range-last-revision',
    breaks: 'range-sees-replace',
    description: 'only the last entry of a range is held against the highest revision',
    mutate: unless((entries, { count, maxRevision }) => {
      const last = entries.at(-1)
      return last !== undefined && entries.length === count && last.revision <= maxRevision
    }),
  },
  {
    id: 'range-without-bounds',
    breaks: 'range-bounds',
    description: 'a range is its whole group',
    mutate: expectations('range', (expectation) => ({ ...expectation, range: { group: expectation.range.group } })),
  },
  {
    id: 'range-ends-at-ff',
    breaks: 'range-open-bounds',
    description: 'a range without an end stops before 0xff',
    mutate: expectations('range', (expectation) => ({
      ...expectation,
      range: { ...expectation.range, to: expectation.range.to ?? Uint8Array.of(0xff) },
    })),
  },
  {
    id: 'references-not-locked',
    breaks: 'range-references',
    description: 'ranges in groups of references always hold',
    mutate: expectations('range', (expectation) => (expectation.range.group[0] === 0x72 ? undefined : expectation)),
  },
  {
    id: 'found-of-last',
    breaks: 'range-found',
    description: 'a failed range tells the revision of its last entry',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const results = await port.commit(list, options)
        const changed = results.map(async (result, index) => {
          const failed = result.status === 'conflict' ? list[index]?.expect[result.expectation] : undefined
          if (result.status !== 'conflict' || failed?.kind !== 'range') return result
          return { ...result, found: (await entriesIn(port, failed)).at(-1)?.revision }
        })
        return await Promise.all(changed)
      },
    })),
  },
  {
    id: 'undeclared-taken',
    breaks: 'range-undeclared',
    description: 'a range in a group that is not declared for it always holds',
    mutate: expectations('range', (expectation) => (isRangedGroup(expectation.range.group) ? expectation : undefined)),
  },
  {
    id: 'count-5000',
    breaks: 'range-large',
    description: 'a range of more than 5,000 entries always holds',
    mutate: expectations('range', (expectation) =>
      expectation.count > 5000 && expectation.count <= 10_000 ? undefined : expectation,
    ),
  },
]

type Look = (entries: readonly MetadataEntry[], expectation: RangeExpectation) => boolean

/** Leaves out a range expectation for which the claim is true. */
function unless(holds: Look): Mutate {
  return expectations('range', async (expectation, port) =>
    holds(await entriesIn(port, expectation), expectation) ? undefined : expectation,
  )
}

/** Takes the count that is there where the claim is true. */
function exact(isTaken: Look): Mutate {
  return expectations('range', async (expectation, port) => {
    const entries = await entriesIn(port, expectation)
    return isTaken(entries, expectation) ? { ...expectation, count: entries.length } : expectation
  })
}

async function changing(writes: readonly Write[], port: MetadataStore): Promise<readonly Write[]> {
  if (writes.length > 100) return writes
  const changed: Write[] = []
  for (const write of writes) {
    const before = write.kind === 'put' && isRangedGroup(write.key.group) ? await entryOf(port, write.key) : undefined
    if (write.kind === 'delete' || before === undefined || !equalBytes(before.value, write.value)) changed.push(write)
  }
  return changed
}
