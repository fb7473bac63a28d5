import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NexusError } from '../library.ts'

const run = promisify(execFile)

/**
 * Writes out and drops the cached pages of every file below a folder, without special rights: GNU `dd` with `nocache` and no data.
 * @throws {NexusError} Unsupported if this system's `dd` cannot
 */
export async function dropPages(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await dropPagesOf(join(entry.parentPath, entry.name))
  }
}

async function dropPagesOf(file: string): Promise<void> {
  try {
    await run('dd', [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])
  } catch (cause) {
    throw new NexusError('Unsupported', 'cannot drop file pages: this needs GNU dd with oflag=nocache', { cause })
  }
}

/** Bytes that this process has made the system fetch from a disk; `undefined` where the system does not say. */
export async function bytesFetched(): Promise<number | undefined> {
  const text = await readFile('/proc/self/io', 'utf8').catch(() => '')
  const match = /^read_bytes: (\d+)$/m.exec(text)
  return match === null ? undefined : Number(match[1])
}
