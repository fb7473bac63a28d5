import { execFileSync } from 'node:child_process'

/** Who runs a server that refuses to run as root. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const accountName = 'nexus-services'

/**
 * `undefined` unless this process runs as root. For root, a system account without a home or a shell, made the first time.
 */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const known = lookUp(accountName)
  if (known !== undefined) return known
  execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', accountName])
  const made = lookUp(accountName)
  if (made === undefined) throw new Error(`useradd did not make the account ${accountName}`)
  return made
}

function lookUp(name: string): Account | undefined {
  try {
    const ask = (option: string): number => Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: 'pipe' }))
    return { uid: ask('-u'), gid: ask('-g') }
  } catch {
    return undefined
  }
}
