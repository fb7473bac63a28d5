import { fstatSync, type Stats, write } from 'node:fs'
import { type Readable, Writable } from 'node:stream'
import { isatty } from 'node:tty'

/** Where a command comes from and where its answers go. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined }
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

export type OutputStream = Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }

/** The one this process was started from. */
export function processTerminal(): Terminal {
  const { stderr, env } = process
  return {
    // Opened only by the commands that read it.
    get stdin() {
      return process.stdin
    },
    stdout: isFileOutput(1) ? new FileOutput(1) : process.stdout,
    stderr,
    env,
    cwd: process.cwd(),
  }
}

/**
 * A stream that writes a descriptor to the last byte. The stream that Node makes of a standard output that is a file takes a write
 * that was cut short, as on a disk that becomes full, for a whole one.
 */
class FileOutput extends Writable {
  readonly #descriptor: number

  constructor(descriptor: number) {
    super({ decodeStrings: true })
    this.#descriptor = descriptor
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    write(this.#descriptor, bytes, 0, bytes.byteLength, null, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this._write(bytes, _encoding, done), retryMs)
      else if (error !== null || written >= bytes.byteLength) done(error)
      else this._write(bytes.subarray(written), _encoding, done)
    })
  }
}

const retryMs = 5

/** Whether a descriptor is a file or a device, rather than a terminal, a pipe or a socket. */
function isFileOutput(descriptor: number): boolean {
  const stats = statsOf(descriptor)
  if (stats === undefined) return false
  return stats.isFile() || stats.isBlockDevice() || (stats.isCharacterDevice() && !isatty(descriptor))
}

function statsOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor)
  } catch {
    return undefined
  }
}
