import { type Act, planned } from './act.ts'

/** Removes a file; that it is gone is checked by the count of files at the end. */
export function removeOf(path: string): Act {
  return {
    name: 'remove',
    removes: [path],
    plan: () =>
      planned(
        (subject) => subject.remove(path),
        () => {},
      ),
  }
}
