import type { Command } from 'commander'
import type { ErrorCode } from 'nexusfs/errors'
import type { CommandContext, Fixes } from './command-context.ts'
import { addGlobalOptions, globalOptionsHelp } from './global-options.ts'
import { helpStyle } from './help-style.ts'

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
  // Those of every command stand below, behind the commands.
  parent.configureHelp({ ...helpStyle, visibleOptions: () => [] })
  parent.addHelpText('after', () => `\n${globalOptionsHelp(parent)}`)
  parent.hook('preSubcommand', (_, command) => {
    context.commandName = `${parent.name()} ${command.name()}`
  })
}

export interface HelpText {
  /** Sentences behind the summary; a newline begins another paragraph. */
  readonly more?: string
  readonly examples: readonly string[]
  /** Exit codes that mean something of their own here; those of errors are the same for all commands. */
  readonly exits?: Readonly<Record<number, string>>
  /** Where `-h` means something else. */
  readonly help?: '--help'
  /** The command opens no store, and takes no options that name one. */
  readonly needsNoStore?: boolean
}

const helpTexts = new WeakMap<Command, HelpText>()

/** What a command has been described with. */
export function helpTextOf(command: Command): HelpText | undefined {
  return helpTexts.get(command)
}

/** Adds what the help of every command has: the options of every command, exit codes and examples. */
export function finishHelp(command: Command, text: HelpText): void {
  const { more, examples, help, exits = {}, needsNoStore = false } = text
  helpTexts.set(command, text)
  addGlobalOptions(command, { help, needsNoStore })
  const codes = Object.entries(exits).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)
  if (codes.length > 0) command.addHelpText('after', `\nExit codes of its own:\n${codes.join('\n')}`)
  const lines = examples.map((example) => `  $ ${example}`).join('\n')
  const heading = examples.length === 1 ? 'Example:' : 'Examples:'
  command.summary(command.description()).addHelpText('after', `\n${heading}\n${lines}`)
  const summary = command.description()
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
  command.description(more === undefined ? sentence : `${sentence} ${more.replaceAll('\n', '\n\n')}`)
}
