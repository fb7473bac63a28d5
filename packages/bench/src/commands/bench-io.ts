/** What a command touches of the outside world. */
export interface BenchIo {
  readonly stdout: BenchStream
  readonly stderr: BenchStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Interrupts a run; without one, the command listens to SIGINT and SIGTERM itself. */
  readonly signal?: AbortSignal | undefined
  /** False = no `nexus.config` is loaded. */
  readonly usesConfig?: boolean | undefined
}

export interface BenchStream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** The process itself. */
export function processIo(): BenchIo {
  return { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd() }
}
