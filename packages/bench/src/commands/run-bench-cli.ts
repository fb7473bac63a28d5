import { isNexusError } from '../library.ts'
import { nearMisses } from '../selection/near-misses.ts'
import { type BenchIo, processIo } from './bench-io.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { listCommand } from './list-command.ts'
import { reportCommand } from './report-command.ts'
import { runCommand } from './run-command.ts'

/** A sub-command of `nexus bench`; it parses its own arguments and answers `--help`. */
export interface BenchCommand {
  readonly name: string
  readonly summary: string
  /** Resolves with the exit code. */
  readonly run: (argv: readonly string[], io: BenchIo) => Promise<number>
}

export const benchCommands: readonly BenchCommand[] = [
  { name: 'run', summary: 'measure workloads on combinations, beside the raw file system', run: runCommand },
  { name: 'list', summary: 'list workloads, combos or env', run: listCommand },
  { name: 'report', summary: 'show a saved run, or write its results page', run: reportCommand },
]

export const benchUsage: string = `nexus bench <command> [options]

${benchCommands.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join('\n')}

Begin with \`nexus bench run\`. Each command has --help.`

/**
 * `nexus bench ...`, without the first two words. Errors are told on `stderr` in one line.
 * @returns the exit code: 0 done, 1 a workload or its verification failed, 2 usage, 5 nothing selected, 130 interrupted
 */
export async function runBenchCli(argv: readonly string[], io: BenchIo = processIo()): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h') {
    io.stdout.write(`${benchUsage}\n`)
    return name === undefined ? exitCodes.usage : exitCodes.ok
  }
  const command = benchCommands.find((candidate) => candidate.name === name)
  if (command === undefined) {
    const near = nearMisses(
      name,
      benchCommands.map((candidate) => candidate.name),
    )
    io.stderr.write(`nexus: InvalidArgument: bench has no command "${name}"; ${near[0] ? `try ${near[0]}` : 'see --help'}\n`)
    return exitCodes.usage
  }
  try {
    return await command.run(rest, io)
  } catch (error) {
    io.stderr.write(
      `nexus: ${isNexusError(error) ? error.code : 'Unexpected'}: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    return exitCodeOf(error)
  }
}
