import type { Readable, Writable } from 'node:stream'
import { FileOutput, isFileOutput } from './file-output.ts'

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
