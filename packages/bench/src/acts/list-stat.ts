import { type Act, planned, wrong } from './act.ts'
import type { ListedFile } from './expected-tree.ts'

/** Lists a directory with the size of each file. */
export function listStatOf(path: string): Act {
  return {
    name: 'list-stat',
    plan: ({ tree }) => {
      const expected = tree.entriesOf(path)
      return planned(
        (subject) => subject.listWithSizes(path),
        (entries) => {
          if (sorted(entries) !== sorted(expected)) throw wrong(`list of ${path} gave wrong names or sizes`)
        },
      )
    },
  }
}

function sorted(entries: readonly ListedFile[]): string {
  const lines = entries.map(({ name, size }) => `${name}\0${size}`)
  return lines.toSorted().join('\0')
}
