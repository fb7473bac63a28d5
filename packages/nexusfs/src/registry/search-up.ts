import { lstat, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve, sep } from 'node:path'
import { NexusError } from '../core/errors.ts'
import type { Environment } from '../engine-kit/registration.ts'

/**
 * The folders in which a config or a store is looked for, nearest first: `cwd` and those above it, to the home folder if that is one
 * of them, and never into another file system. What stands further up was not put there for this folder.
 */
export async function foldersUp(cwd: string, env: Environment = process.env): Promise<readonly string[]> {
  const home = resolve(env.HOME || homedir())
  const folders = [resolve(cwd)]
  for (let folder = folders[0] ?? cwd; folder !== home && dirname(folder) !== folder; folder = dirname(folder)) {
    folders.push(dirname(folder))
  }
  const devices = await Promise.all(folders.map(deviceOf))
  const end = devices.findIndex((device) => device !== undefined && device !== devices[0])
  return devices[0] === undefined || end === -1 ? folders : folders.slice(0, end)
}

async function deviceOf(folder: string): Promise<number | undefined> {
  return (await stat(folder).catch(() => undefined))?.dev
}

/** Names the folders whose configs and stores are taken although another user owns them, as `safe.directory` does for git. */
const variable = 'NEXUS_SAFE_DIRECTORY'

/**
 * Refuses what was found by looking upwards and belongs to another user than oneself or root: a config is code that would run with the
 * rights of this process, and what is written to a store can be read by its owner. What is named, by option, argument or variable,
 * is never asked about.
 * @throws {NexusError} InvalidConfig
 */
export async function refuseForeign(found: string, advice: string, env: Environment): Promise<void> {
  const self = process.geteuid?.()
  if (self === undefined) return
  const folder = dirname(found)
  const owners = await Promise.all([lstat(found), stat(found), stat(folder)])
  const foreign = owners.find(({ uid }) => uid !== self && uid !== 0)
  if (foreign === undefined || isSafe(folder, env[variable] ?? '')) return
  const what = foreign === owners[2] ? 'the folder that holds it' : 'it'
  throw new NexusError(
    'InvalidConfig',
    `${found}: ${what} belongs to another user (uid ${foreign.uid}), and it was not asked for by name`,
    { advice: `${advice}, or set ${variable}=${folder} to trust it`, context: { found, uid: foreign.uid } },
  )
}

/** A list as in PATH: a folder, a folder and all below it (`/srv/*`), or `*` for all there are. */
function isSafe(folder: string, list: string): boolean {
  return list.split(delimiter).some((entry) => {
    if (entry === '*' || (entry !== '' && resolve(entry) === folder)) return true
    return entry.endsWith(`${sep}*`) && `${folder}${sep}`.startsWith(join(resolve(entry.slice(0, -2)), sep))
  })
}
