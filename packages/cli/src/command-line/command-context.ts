import type { NexusFS } from 'nexusfs'
import type { ErrorCode, NexusError } from 'nexusfs/errors'
import { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { Progress } from '../output/progress.ts'
import type { Terminal } from '../output/terminal.ts'
import type { DescribedCommand } from './described-command.ts'
import type { GlobalOptions } from './global-options.ts'

/** What a command works with: its options, its store and its voice. */
export class CommandContext {
  readonly terminal: Terminal
  readonly out: Output
  readonly progress: Progress
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal
  /** Known once the command line has been read. */
  options: GlobalOptions = {}
  /** The name of the command, for advice. */
  commandName = ''
  /** What to do about an error, in the words of this command. */
  fixes: Fixes = {}
  /** Exit codes of errors, where they are not those of the table of all commands. */
  exits: Readonly<Partial<Record<ErrorCode, number>>> = {}
  exitCode = 0
  /** All commands as data; their modules are loaded for it. */
  allCommands: () => Promise<readonly DescribedCommand[]> = async () => []

  constructor(terminal: Terminal, signal: AbortSignal) {
    this.terminal = terminal
    this.signal = signal
    this.out = new Output(terminal.stdout, terminal.env)
    this.progress = new Progress(terminal.stderr)
    terminal.stderr.on('error', () => {})
  }

  get isJson(): boolean {
    return this.options.json === true
  }

  /** Opens the store of this command line, hands it to the work and closes it. */
  async withStore(work: (nexus: NexusFS) => Promise<void>): Promise<void> {
    await using nexus = await this.#openStore()
    await work(nexus)
  }

  /** Loaded only now: help and errors of the command line need no store. */
  async #openStore(): Promise<NexusFS> {
    const { openStore } = await import('../store/open-store.ts')
    return openStore(this)
  }

  /** The answer of a command that has changed something: a value for programs, or a line for people. */
  answer(value: unknown, text: string): Promise<void> {
    this.out.tellsOfChange = true
    return this.isJson ? this.out.json(value) : this.out.line(printable(text))
  }

  /** A remark on stderr, shown only with `--verbose`. */
  remark(text: string): void {
    if (this.options.verbose) this.terminal.stderr.write(`nexus: ${printable(text)}\n`)
  }
}

/** What to do about an error of a code; a function says it for some errors of the code only. */
export type Fixes = Partial<Record<ErrorCode, string | ((error: NexusError) => string | undefined)>>
