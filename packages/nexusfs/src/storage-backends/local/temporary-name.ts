import { createHash } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { newId } from '../../core/id.ts'
import { systemRandom } from '../../core/system.ts'

/**
 * Names for files that are being written: `.tmp-<machine>-<pid>-<start>-<128 random bits>`. No blob's name begins with a dot. A sweep
 * can tell whose they are: `machine` stands for one boot of one machine and one process namespace, within which a pid with that start
 * time (in clock ticks since the boot; 0 where the system does not say) is one process; if no such process runs, the file is stale.
 */
export class TemporaryNames {
  /** One boot of one machine and one process namespace. */
  readonly machine: string
  readonly #prefix: string

  /** Names of this process. */
  static async ofThisProcess(): Promise<TemporaryNames> {
    const [boot, namespace, start] = await Promise.all([bootId(), processNamespace(), startTimeOf(process.pid)])
    const machine = createHash('sha256').update(`${hostname()} ${boot} ${namespace}`).digest('hex').slice(0, 12)
    return new TemporaryNames(machine, `${process.pid}-${start}`)
  }

  private constructor(machine: string, owner: string) {
    this.machine = machine
    this.#prefix = `.tmp-${machine}-${owner}`
  }

  next(): string {
    return `${this.#prefix}-${newId(systemRandom)}`
  }
}

/** The form of every name that `TemporaryNames` gives. */
export const temporaryNamePattern: RegExp =
  /^\.tmp-(?<machine>[0-9a-f]{12})-(?<pid>[0-9]+)-(?<start>[0-9]+)-(?<random>[0-9a-f]{32})$/

async function bootId(): Promise<string> {
  return (await textOr(readFile('/proc/sys/kernel/random/boot_id', 'utf8'), '')).trim()
}

function processNamespace(): Promise<string> {
  return textOr(readlink('/proc/self/ns/pid'), '')
}

/**
 * When a process began, in clock ticks since the boot; 0 where the system does not say. Field 22 of its stat, counted from behind the
 * command's name, which may hold spaces and parentheses.
 */
export async function startTimeOf(pid: number): Promise<string> {
  const stat = await textOr(readFile(`/proc/${pid}/stat`, 'utf8'), '')
  const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return field !== undefined && /^[0-9]+$/.test(field) ? field : '0'
}

/** Only Linux has /proc; elsewhere the name says less and a sweep has to go by age. */
async function textOr(text: Promise<string>, fallback: string): Promise<string> {
  try {
    return await text
  } catch {
    return fallback
  }
}
