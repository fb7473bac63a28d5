import { type Act, planned, wrong } from './act.ts'

/** Lists the names in a directory. */
export function listOf(path: string): Act {
  return {
    name: 'list',
    plan: ({ tree }) => {
      const expected = tree.entriesOf(path).map(({ name }) => name)
      return planned(
        (subject) => subject.list(path),
        (names) => {
          if (sorted(names) !== sorted(expected)) throw wrong(`list of ${path} gave ${names.length} wrong names`)
        },
      )
    },
  }
}

function sorted(names: readonly string[]): string {
  return names.toSorted().join('\0')
}
