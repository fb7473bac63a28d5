import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** What a process that has streamed a large file says at its end. */
export interface StreamedFile {
  /** SHA-256 of what was written, as the store says, and of what was read, in hexadecimal digits. */
  readonly written: string
  readonly read: string
  readonly generated: string
  /** Most memory of the process when the store was open, in MiB: Node, with what strips the types of the sources, and Nexus. */
  readonly openMebibytes: number
  /** And at its end. */
  readonly peakMebibytes: number
  /** Seconds. */
  readonly writing: number
  readonly reading: number
  /** True where the kernel would have ended the process above 256 MiB. */
  readonly isLimited: boolean
}

/** The pieces are a stream cipher's output: the same each time, and without a pattern that chunks could share. */
const script = (folder: string, size: number): string => `
  import { createCipheriv, createHash } from 'node:crypto'
  import { readFileSync } from 'node:fs'
  import { openNexus } from 'nexusfs'
  const zeros = new Uint8Array(64 * 1024)
  const generated = createHash('sha256')
  function* body() {
    const cipher = createCipheriv('aes-128-ctr', new Uint8Array(16).fill(7), new Uint8Array(16))
    for (let left = ${size}; left > 0; left -= zeros.length) {
      const piece = cipher.update(zeros.subarray(0, Math.min(left, zeros.length)))
      generated.update(piece)
      yield piece
    }
  }
  const nexus = await openNexus(${JSON.stringify(folder)})
  const mebibytes = () => Math.round(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1] / 1024)
  const openMebibytes = mebibytes()
  const begun = performance.now()
  const { digest } = await nexus.writeStream('/large', body())
  const between = performance.now()
  const read = createHash('sha256')
  for await (const piece of nexus.readStream('/large')) read.update(piece)
  const ended = performance.now()
  await nexus.close()
  console.log(JSON.stringify({
    written: digest.slice(7), read: read.digest('hex'), generated: generated.digest('hex'), openMebibytes,
    peakMebibytes: mebibytes(),
    writing: (between - begun) / 1000, reading: (ended - between) / 1000,
  }))`

/** Writes and reads a large file in a process of its own, on local disk and SQLite, with 256 MiB of memory where a control group can be made. */
export async function streamLargeFile(size: number): Promise<StreamedFile> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-large-'))
  const group = memoryGroup(256 * 1024 * 1024)
  try {
    const node = ['--conditions=nexus-source', '--input-type=module', '--eval', script(join(folder, 'store'), size)]
    const enter = group === undefined ? '' : 'echo $$ > "$GROUP/cgroup.procs"; '
    const child = spawn('sh', ['-c', `${enter}exec "$@"`, 'sh', process.execPath, ...node], {
      cwd: import.meta.dirname,
      env: { ...process.env, GROUP: group },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [output, [code, signal]]: [string, unknown[]] = await Promise.all([text(child.stdout), once(child, 'close')])
    if (code !== 0) throw new Error(`the process ended with ${code ?? signal}`)
    return { ...JSON.parse(output), isLimited: group !== undefined }
  } finally {
    if (group !== undefined) rmdirSync(group)
    await rm(folder, { recursive: true, force: true })
  }
}

/** A memory control group, version 1 or 2, if this user may make one. */
function memoryGroup(bytes: number): string | undefined {
  const kinds = [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const
  for (const [root, file] of kinds) {
    const group = join(root, `nexus-test-${process.pid}`)
    try {
      mkdirSync(group)
      if (existsSync(join(group, file))) {
        writeFileSync(join(group, file), String(bytes))
        return group
      }
      rmdirSync(group)
    } catch {}
  }
  return undefined
}
