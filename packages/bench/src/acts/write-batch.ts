import { type Act, type PlannedFile, planned, wrong } from './act.ts'

/** Writes files in one call. */
export function writeBatchOf(files: readonly PlannedFile[]): Act {
  return {
    name: 'write-batch',
    writes: files,
    plan: ({ contentOf }) => {
      const batch = files.map(({ path, content }) => ({ path, content: contentOf(content) }))
      return planned(
        (subject) => subject.writeBatch(batch),
        (versions, checks) => {
          if (versions.length !== files.length) throw wrong(`a batch of ${files.length} files gave ${versions.length} versions`)
          for (const [index, file] of files.entries()) checks.wrote(file, versions[index])
        },
      )
    },
  }
}
