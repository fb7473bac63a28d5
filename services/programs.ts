import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a program is: on the PATH, or in the folders of Debian's daemons, which a user's PATH leaves out. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The entries of a folder, highest version first; none if there is no such folder. */
export function versionsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
  } catch {
    return []
  }
}
