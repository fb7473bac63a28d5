import type { Command } from 'commander'
import { helpTextOf } from './command-module.ts'
import { isGlobalOption } from './global-options.ts'
import { describedArgument, describedOption } from './help-style.ts'

/** A command as data: what the reference in the documents and the completion of shells are made from. */
export interface DescribedCommand {
  /** `ls`, `bench run` */
  readonly name: string
  readonly aliases: readonly string[]
  /** The heading that it stands under in the help. */
  readonly group: string
  readonly summary: string
  /** One sentence, and what is worth knowing; paragraphs are apart by an empty line. */
  readonly description: string
  /** Behind the name: `[options] <path> [file]`. */
  readonly usage: string
  readonly arguments: readonly DescribedArgument[]
  readonly options: readonly DescribedOption[]
  /** Exit codes that mean something of their own here. */
  readonly exits: Readonly<Record<number, string>>
  readonly examples: readonly string[]
}

export interface DescribedArgument {
  readonly name: string
  readonly description: string
  readonly choices: readonly string[]
  /** It takes all words that follow. */
  readonly isVariadic: boolean
}

export interface DescribedOption {
  /** As in the help: `-m, --message <reason>`. */
  readonly flags: string
  readonly short: string | undefined
  readonly long: string | undefined
  readonly description: string
  /** The name of its value; absent if it takes none. */
  readonly value: string | undefined
  readonly choices: readonly string[]
  /** Every command has it. */
  readonly isGlobal: boolean
}

/** The commands of a program, each followed by its own commands. They must have been declared. */
export function describeCommands(program: Command): readonly DescribedCommand[] {
  return program.commands.flatMap((command) => describe(command, '', command.helpGroup()))
}

function describe(command: Command, above: string, group: string): readonly DescribedCommand[] {
  const name = `${above}${command.name()}`
  const { examples = [], exits = {} } = helpTextOf(command) ?? {}
  const described: DescribedCommand = {
    name,
    aliases: command.aliases(),
    group: group.replace(/:$/, ''),
    summary: command.summary() || command.description(),
    description: command.description(),
    usage: command.usage(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: describedArgument(argument),
      choices: argument.argChoices ?? [],
      isVariadic: argument.variadic,
    })),
    options: optionsOf(command),
    exits,
    examples,
  }
  return [described, ...command.commands.flatMap((child) => describe(child, `${name} `, group))]
}

function optionsOf(command: Command): readonly DescribedOption[] {
  return command.options
    .filter((option) => !option.hidden)
    .map((option) => ({
      flags: option.flags,
      short: option.short,
      long: option.long,
      description: describedOption(option),
      value: option.required || option.optional ? /[<[](.*?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1] : undefined,
      choices: option.argChoices ?? [],
      isGlobal: isGlobalOption(option),
    }))
}
