import { type Act, type PlannedFile, planned } from './act.ts'

/** Writes bytes of this key to a path: new ones, unless the key was used before. */
export function writeOf(path: string, key: string, size: number): Act {
  const file: PlannedFile = { path, content: { key, size } }
  return {
    name: 'write',
    writes: [file],
    plan: ({ tree, contentOf }) => {
      const content = contentOf(file.content)
      const options = { isNew: !tree.has(path) }
      return planned(
        (subject) => subject.write(path, content, options),
        (version, checks) => checks.wrote(file, version),
      )
    },
  }
}
