import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { main } from '../main.ts'

/** A folder of its own for a test file, without links in its path. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-cli-')))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** A folder with a config whose store is quick: tests of the command need not wait for the disk. */
export function makeQuickFixture(cwd: string): void {
  mkdirSync(cwd, { recursive: true })
  const quick = { storage: 'local:.nexus', metadata: 'sqlite:.nexus/meta.db', durability: 'os' }
  writeFileSync(join(cwd, 'nexus.config.json'), JSON.stringify({ store: 'quick', stores: { quick } }))
}

export interface Run {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  /** Makes the in-process stdout and stderr say that they are terminals. */
  readonly isTTY?: boolean
}

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Uint8Array
}

/** Runs a command line in this process: quick, and the same code but for the start of the program. */
export async function runNexus(argv: readonly string[], { cwd, env = {}, stdin = '', isTTY = false }: Run): Promise<Outcome> {
  const input = new PassThrough()
  input.end(stdin)
  const [stdout, stderr] = [new Sink(isTTY), new Sink(isTTY)]
  const code = await main(argv, { stdin: input, stdout, stderr, env, cwd })
  return { code, stdout: stdout.bytes.toString(), stderr: stderr.bytes.toString(), bytes: stdout.bytes }
}

class Sink extends PassThrough {
  readonly isTTY: boolean
  readonly columns = 80
  readonly #pieces: Uint8Array[] = []

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
    this.on('data', (piece: Uint8Array) => this.#pieces.push(piece))
  }

  get bytes(): Buffer {
    const rest: unknown = this.read()
    return Buffer.concat(rest instanceof Uint8Array ? [...this.#pieces, rest] : this.#pieces)
  }
}

export const binary: string = join(import.meta.dirname, '..', '..', 'bin', 'nexus.js')

/** Starts the real command; the environment is the given one and what a process cannot do without. */
export function startNexus(argv: readonly string[], { cwd, env = {} }: Run): ReturnType<typeof spawn> {
  const { PATH = '', HOME = '', TMPDIR } = process.env
  const base = TMPDIR === undefined ? { PATH, HOME } : { PATH, HOME, TMPDIR }
  return spawn(process.execPath, ['--conditions=nexus-source', binary, ...argv], { cwd, env: { ...base, ...env } })
}

/** Runs the real command to its end. */
export async function spawnNexus(argv: readonly string[], run: Run): Promise<Outcome> {
  const child = startNexus(argv, run)
  const output: Uint8Array[] = []
  const errors: Uint8Array[] = []
  child.stdout?.on('data', (piece: Uint8Array) => output.push(piece))
  child.stderr?.on('data', (piece: Uint8Array) => errors.push(piece))
  child.stdin?.end(run.stdin ?? '')
  const [code]: unknown[] = await once(child, 'close')
  const bytes = Buffer.concat(output)
  return { code: Number(code), stdout: bytes.toString(), stderr: Buffer.concat(errors).toString(), bytes }
}
