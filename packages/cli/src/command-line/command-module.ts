import type { Command } from 'commander'
import type { ErrorCode } from 'nexusfs/errors'
import type { CommandContext, Fixes } from './command-context.ts'
import { addGlobalOptions } from './global-options.ts'

/** One command. Its module is loaded only when the command is called for. */
export interface CommandModule {
  /** Declares arguments, options, help and the action. */
  readonly describe: (command: Command, context: CommandContext) => void
  /** What to do about an error, in the words of this command. */
  readonly fixes?: Fixes
  /** Exit codes of errors, where they are not those of the table of all commands. */
  readonly exits?: Readonly<Partial<Record<ErrorCode, number>>>
}

/** A command of a command, as `run` is of `nexus bench`. */
export interface Subcommand extends Pick<CommandModule, 'describe'> {
  readonly summary: string
}

/** Declares the commands of a command, which does nothing by itself. */
export function describeSubcommands(
  parent: Command,
  context: CommandContext,
  subcommands: Readonly<Record<string, Subcommand>>,
): void {
  parent.usage('<command> [options]').helpCommand(false)
  for (const [name, { summary, describe }] of Object.entries(subcommands)) {
    describe(parent.command(name).description(summary), context)
  }
  parent.hook('preSubcommand', (_, command) => {
    context.commandName = `${parent.name()} ${command.name()}`
  })
}

export interface HelpText {
  /** Sentences behind the summary. */
  readonly more?: string
  readonly examples: readonly string[]
  /** Exit codes that mean something of their own here; those of errors are the same for all commands. */
  readonly exits?: Readonly<Record<number, string>>
  /** Where `-h` means something else. */
  readonly help?: '--help'
  /** The command opens no store, and takes no options that name one. */
  readonly needsNoStore?: boolean
}

/** Adds what the help of every command has: the options of every command, exit codes and examples. */
export function finishHelp(command: Command, { more, examples, help, exits = {}, needsNoStore }: HelpText): void {
  addGlobalOptions(command, { needsNoStore: needsNoStore === true })
  const codes = Object.entries(exits).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)
  if (codes.length > 0) command.addHelpText('after', `\nExit codes beside those of errors:\n${codes.join('\n')}`)
  const lines = examples.map((example) => `  $ ${example}`).join('\n')
  const heading = examples.length === 1 ? 'Example:' : 'Examples:'
  command
    .helpOption(help ?? '-h, --help', 'print this help')
    .summary(command.description())
    .addHelpText('after', `\n${heading}\n${lines}`)
  const summary = command.description()
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
  command.description(more === undefined ? sentence : `${sentence} ${more}`)
}
