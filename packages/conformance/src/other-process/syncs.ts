import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LawBroken } from '../expect.ts'
import type { ConformancePort, LawContext, LawRequirement } from '../law.ts'
import { OtherProcess } from './other-process.ts'

/** Calls that write something to the disk, and writes to files that were opened so. */
const evidence = /\b(?:fsync|fdatasync|syncfs|sync|sync_file_range|msync)\(|RWF_D?SYNC|io_uring_enter\(/g
const openedToSync = /O_D?SYNC/

function straceCommand(file: string): readonly string[] {
  const calls = 'fsync,fdatasync,syncfs,sync,sync_file_range,msync,open,openat,pwritev2,io_uring_enter'
  return ['strace', '-f', '--seccomp-bpf', '-qqq', '-e', `trace=${calls}`, '-e', 'signal=none', '-o', file]
}

let found: boolean | undefined

/** False too where strace is there and may not trace. */
export function canTrace(): boolean {
  const [program = '', ...words] = straceCommand('/dev/null')
  found ??= spawnSync(program, [...words, process.execPath, '--version'], { stdio: 'ignore' }).status === 0
  return found
}

/** A class that survives a power loss, on this machine, where its system calls can be seen. */
export function syncsCanBeSeen<Port extends ConformancePort>(): LawRequirement<Port> {
  return {
    description: 'class disk on this machine, strace, and a subject that another process can make (otherProcess)',
    isMet: ({ isRemote, otherProcess }, { durability }) =>
      (durability === 'disk' || durability === 'replicated') && isRemote !== true && otherProcess !== undefined && canTrace(),
  }
}

/**
 * Does the work some times in another process whose system calls are looked at.
 * @throws {LawBroken} if none of them made anything durable
 */
export async function expectSyncs<Port extends ConformancePort>(
  { subject, port, namespace }: LawContext<Port>,
  module: string,
  work: string,
  name: (round: number) => readonly unknown[],
): Promise<void> {
  const { otherProcess } = subject
  if (otherProcess === undefined) throw new LawBroken('the subject names no module for another process')
  await port.close()
  const folder = await mkdtemp(join(tmpdir(), 'nexus-syncs-'))
  const trace = join(folder, 'trace')
  const other = await OtherProcess.start(otherProcess, straceCommand(trace))
  try {
    await other.run(namespace, module, work, name(0))
    const before = await countIn(trace)
    for (let round = 1; round <= rounds; round++) await other.run(namespace, module, work, name(round))
    // Before it is closed: what is made durable then was acknowledged before.
    const { syncs, isOpenedToSync } = await countIn(trace)
    await other.close(namespace)
    if (syncs > before.syncs || isOpenedToSync) return
    throw new LawBroken(`${rounds} times what was acknowledged is in class ${port.info.durability}`, {
      expected: 'an fsync, a fdatasync or the like',
      actual: 'no system call that writes to the disk; if the namespace is on another machine, say isRemote in the subject',
    })
  } finally {
    other.end()
    await rm(folder, { recursive: true, force: true })
  }
}

const rounds = 5

async function countIn(trace: string): Promise<{ readonly syncs: number; readonly isOpenedToSync: boolean }> {
  const text = await readFile(trace, 'utf8')
  return { syncs: text.match(evidence)?.length ?? 0, isOpenedToSync: openedToSync.test(text) }
}
