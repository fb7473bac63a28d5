import { type Act, planned } from './act.ts'

/** Reads a whole file. */
export function readOf(path: string): Act {
  return {
    name: 'read',
    needs: [path],
    plan: ({ tree, meanwhile }) => {
      const others = meanwhile.filter((file) => file.path === path).map((file) => file.content)
      const accepts = [...tree.contentsOf(path), ...others]
      return planned(
        (subject) => subject.read(path),
        (bytes, checks) => checks.read(path, bytes, accepts),
      )
    },
  }
}
