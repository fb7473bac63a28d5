import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { open, rm, statfs } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median } from '../statistics/quantile.ts'
import type { GitFacts, MachineFacts } from './result-file.ts'

const run = promisify(execFile)

/** Describes the machine, and the file system that holds the folder. `load.after` is that of now, too. */
export async function machineFacts(folder: string): Promise<MachineFacts> {
  const [cpu] = os.cpus()
  const facts = {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    fileSystem: await fileSystemName(folder),
  }
  const load = loadNow()
  return {
    ...facts,
    fingerprint: fingerprintOf(facts),
    node: process.version,
    v8: process.versions.v8,
    folder,
    load: { before: load, after: load },
    probes: { sha256Ms: probeSha256(), fsyncMs: await probeFsync(folder) },
  }
}

export function loadNow(): number {
  return os.loadavg()[0] ?? 0
}

/** The commit of the working tree; `undefined` outside of one. */
export async function gitFacts(cwd: string): Promise<GitFacts | undefined> {
  try {
    const { stdout: sha } = await run('git', ['rev-parse', 'HEAD'], { cwd })
    const { stdout: changes } = await run('git', ['status', '--porcelain', '--untracked-files=no'], { cwd })
    return { sha: sha.trim(), dirty: changes.trim() !== '' }
  } catch {
    return undefined
  }
}

/** Magic numbers of statfs(2), as `linux/magic.h` has them. */
const fileSystemNames: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0x6969, 'nfs'],
  [0x01021997, '9p'],
  [0x65735546, 'fuse'],
])

/** `ext4`; its number where the name is not known. */
async function fileSystemName(folder: string): Promise<string> {
  const { type } = await statfs(folder)
  return fileSystemNames.get(type >>> 0) ?? `type 0x${(type >>> 0).toString(16)}`
}

/** True for a file system whose fsync stores nothing. */
export async function isMemoryFileSystem(folder: string): Promise<boolean> {
  return ['tmpfs', 'ramfs'].includes(await fileSystemName(folder))
}

function fingerprintOf(facts: Pick<MachineFacts, 'cpu' | 'cores' | 'memoryBytes' | 'os' | 'fileSystem'>): string {
  const gibibytes = Math.round(facts.memoryBytes / 2 ** 30)
  const text = [facts.cpu, facts.cores, gibibytes, facts.os, facts.fileSystem].join('\0')
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

const probeRuns = 9

function probeSha256(): number {
  const bytes = randomBytes(1024 * 1024)
  return median(Array.from({ length: probeRuns }, () => timed(() => createHash('sha256').update(bytes).digest())))
}

function timed(act: () => unknown): number {
  const start = performance.now()
  act()
  return performance.now() - start
}

async function probeFsync(folder: string): Promise<number> {
  const file = join(folder, 'fsync-probe')
  const handle = await open(file, 'w')
  const times: number[] = []
  try {
    for (let turn = 0; turn < probeRuns; turn++) {
      const bytes = randomBytes(4096)
      const start = performance.now()
      await handle.write(bytes, 0, bytes.length, 0)
      await handle.sync()
      times.push(performance.now() - start)
    }
  } finally {
    await handle.close()
    await rm(file, { force: true })
  }
  return median(times)
}
