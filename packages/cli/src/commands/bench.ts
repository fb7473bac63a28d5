import type { Command } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import type { CommandModule } from '../command-line/command-module.ts'

export const bench: CommandModule = { describe }

/** The suite reads its own command line and answers `--help`, so that `nexus bench` and the suite alone are the same. */
function describe(command: Command, context: CommandContext): void {
  command
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .argument('[arguments...]')
    .action(() => run(context, command.args))
}

async function run(context: CommandContext, argv: readonly string[]): Promise<void> {
  const { runBenchCli } = await import('@nexusfs/bench')
  const { terminal, signal, options } = context
  const { stdout, stderr, env, cwd } = terminal
  context.exitCode = await runBenchCli(argv, { stdout, stderr, env, cwd, signal, usesConfig: options.config !== false })
}
