import { type Act, planned, wrong } from './act.ts'

/** Asks whether a file is there. */
export function existsOf(path: string): Act {
  return {
    name: 'exists',
    plan: ({ tree }) => {
      const expected = tree.has(path)
      return planned(
        (subject) => subject.exists(path),
        (claim) => {
          if (claim !== expected) throw wrong(`exists of ${path} answered ${claim}`)
        },
      )
    },
  }
}
