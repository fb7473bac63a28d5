import type { DescribedCommand, DescribedOption } from '../../command-line/described-command.ts'
import {
  type Completed,
  commandsOf,
  completedArgument,
  completedOption,
  frontOptions,
  ownName,
  topCommands,
} from './completed.ts'

/** A completion script for fish 3, made from the commands. */
export function fishScript(commands: readonly DescribedCommand[]): string {
  const top = topCommands(commands)
  return [
    '# Completion of the nexus command, made by `nexus completion fish`.',
    paths,
    'complete -c nexus -f',
    ...top.flatMap((command) =>
      [command.name, ...command.aliases].map((word) => rule('__fish_use_subcommand', `-a ${word} -d ${quoted(command.summary)}`)),
    ),
    ...frontOptions(commands).map((option) => rule('__fish_use_subcommand', optionText(option))),
    ...top.flatMap((command) => rulesOf(command, commands)),
    '',
  ].join('\n')
}

function rulesOf(command: DescribedCommand, commands: readonly DescribedCommand[]): readonly string[] {
  const children = commandsOf(command, commands)
  const seen = `__fish_seen_subcommand_from ${[command.name, ...command.aliases].join(' ')}`
  if (children.length === 0) return ownRules(command, seen, commands)
  const names = children.map(ownName)
  return [
    ...children.map((child) => {
      const condition = `${seen}; and not __fish_seen_subcommand_from ${names.join(' ')}`
      return rule(condition, `-a ${ownName(child)} -d ${quoted(child.summary)}`)
    }),
    ...children.flatMap((child) => ownRules(child, `${seen}; and __fish_seen_subcommand_from ${ownName(child)}`, commands)),
  ]
}

/** All that one of its arguments may be; fish does not count them. */
function ownRules(command: DescribedCommand, seen: string, commands: readonly DescribedCommand[]): readonly string[] {
  const takes = [...new Set(command.arguments.map((argument) => argumentText(completedArgument(command, argument, commands))))]
  return [
    ...takes.filter((text) => text !== '').map((text) => rule(seen, text)),
    ...command.options.map((option) => rule(seen, optionText(option))),
  ]
}

function argumentText(completed: Completed): string {
  switch (completed.kind) {
    case 'words':
      return `-a ${quoted(completed.words.join(' '))}`
    case 'path':
      return `-a '(__nexus_paths)'`
    case 'file':
      return '-F'
    case 'anything':
      return ''
  }
}

function optionText(option: DescribedOption): string {
  const { short, long, description } = option
  const completed = completedOption(option)
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(long === undefined ? [] : [`-l ${long.slice(2)}`]),
    ...(completed === undefined ? [] : [completed.kind === 'file' ? '-r' : '-x', argumentText(completed)]),
    `-d ${quoted(description)}`,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

function rule(condition: string, text: string): string {
  return `complete -c nexus -n ${quoted(condition)} ${text}`
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}

const paths = `# Paths of the store, as far as it answers at once; no config is run, and nothing is changed.
function __nexus_paths
    set -l word (commandline -ct)
    string match -q '/*' -- $word; or begin; test -z "$word"; and echo /; return; end
    set -l folder (string replace -r '[^/]*$' '' -- $word)
    set -l limit
    command -q timeout; and set limit timeout 2
    set -l front
    set -l words (commandline -opc)
    for option in --store --storage --metadata
        set -l at (contains -i -- $option $words); and set -a front $option $words[(math $at + 1)]
    end
    for name in ($limit nexus $front --no-config --read-only ls $folder 2>/dev/null)
        string match -q '"*' -- $name; or echo $folder$name
    end
end`
