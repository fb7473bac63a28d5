import type { Argument, HelpConfiguration, Option } from 'commander'

/** How the help words what commander words otherwise: choices and defaults without quotation marks. */
export const helpStyle: HelpConfiguration = {
  optionDescription: describedOption,
  argumentDescription: describedArgument,
}

export function describedOption({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  return described(description, argChoices, defaultValueDescription ?? defaultValue)
}

export function describedArgument({ description, argChoices, defaultValue, defaultValueDescription }: Argument): string {
  return described(description, argChoices, defaultValueDescription ?? defaultValue)
}

function described(description: string, choices: readonly string[] | undefined, value: unknown): string {
  const facts = [
    ...(choices === undefined || choices.length < 2 ? [] : [choices.join(', ')]),
    ...(typeof value === 'string' ? [`default: ${value}`] : []),
  ]
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`
}
