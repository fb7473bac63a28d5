import { type Act, type PlannedFile, planned } from './act.ts'

/** Adds the last bytes of the content, so many as `size` says, to a file that holds those before them. */
export function appendOf(file: PlannedFile, size: number): Act {
  return {
    name: 'append',
    writes: [file],
    given: size,
    plan: ({ contentOf }) => {
      const added = contentOf(file.content).subarray(-size)
      return planned(
        (subject) => subject.append(file.path, added),
        (version, checks) => checks.wrote(file, version),
      )
    },
  }
}
