import type { Command } from 'commander'
import type { CommandContext, Fixes } from './command-context.ts'
import { addGlobalOptions } from './global-options.ts'

/** One command. Its module is loaded only when the command is called for. */
export interface CommandModule {
  /** Declares arguments, options, help and the action. */
  readonly describe: (command: Command, context: CommandContext) => void
  /** What to do about an error, in the words of this command. */
  readonly fixes?: Fixes
}

export interface HelpText {
  /** Sentences behind the summary. */
  readonly more?: string
  readonly examples: readonly string[]
  /** Where `-h` means something else. */
  readonly help?: '--help'
}

/** Adds what the help of every command has: the options of every command, and examples. */
export function finishHelp(command: Command, { more, examples, help }: HelpText): void {
  addGlobalOptions(command)
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
