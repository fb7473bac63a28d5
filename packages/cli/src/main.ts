import { CommanderError } from 'commander'
import { CommandContext } from './command-line/command-context.ts'
import { reportError } from './command-line/report-error.ts'
import { processTerminal, type Terminal } from './output/terminal.ts'
import { buildProgram } from './program.ts'

const exitOnUsage = 2
const exitOnInterrupt = 130
const exitOnTerminate = 143

/**
 * Runs one command line (without the program's own name) and returns its exit code. Never rejects. At the first Ctrl-C the command
 * is cancelled; at the second the process ends.
 */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const interruption = new AbortController()
  let interrupted: number | undefined
  const interrupt = (code: number) => () => {
    if (interrupted !== undefined) process.exit(code)
    interrupted = code
    interruption.abort()
  }
  const listeners = [
    ['SIGINT', interrupt(exitOnInterrupt)],
    ['SIGTERM', interrupt(exitOnTerminate)],
  ] as const
  for (const [signal, listener] of listeners) process.on(signal, listener)
  const code = await run(argv, terminal, interruption.signal)
  for (const [signal, listener] of listeners) process.off(signal, listener)
  return interrupted ?? code
}

async function run(argv: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const context = new CommandContext(terminal, signal)
  context.options = earlyOptions(argv)
  try {
    if (argv.length === 0) {
      buildProgram(context).outputHelp({ error: true })
      return exitOnUsage
    }
    const code = await exitCodeOf(argv, context)
    if (code === 0) await context.out.finish()
    return code
  } catch (error) {
    return await reportError(error, context)
  } finally {
    context.progress.end()
  }
}

async function exitCodeOf(argv: readonly string[], context: CommandContext): Promise<number> {
  try {
    await buildProgram(context).parseAsync([...argv], { from: 'user' })
    return context.exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // The help and the version end the command line by an exception.
    if (error.exitCode === 0) return 0
    // A command that only has commands, alone: its help was printed as the mistake that it is.
    if (error.code === 'commander.help') return exitOnUsage
    throw error
  }
}

/** How to report an error of the command line itself, before it has been read in full. */
function earlyOptions(argv: readonly string[]): { json: boolean; verbose: boolean } {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  return { json: words.includes('--json'), verbose: words.includes('--verbose') }
}
