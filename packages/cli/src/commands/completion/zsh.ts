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

/** A completion script for zsh 5, made from the commands; to be sourced, or kept as `_nexus` in a folder of `fpath`. */
export function zshScript(commands: readonly DescribedCommand[]): string {
  return [
    '#compdef nexus\n# Completion of the nexus command, made by `nexus completion zsh`.',
    paths,
    ...commands.map((command) => commandFunction(command, commands)),
    dispatcher('_nexus', frontOptions(commands), topCommands(commands), '  local -a _nexus_front\n'),
    'if [ "$funcstack[1]" = _nexus ]; then _nexus "$@"; else compdef _nexus nexus; fi\n',
  ].join('\n\n')
}

function commandFunction(command: DescribedCommand, commands: readonly DescribedCommand[]): string {
  const children = commandsOf(command, commands)
  if (children.length > 0) return dispatcher(functionOf(command), command.options, children)
  const positions = command.arguments.map((argument, index) => {
    const position = argument.isVariadic ? '*' : `${index + 1}`
    return quoted(`${position}:${escaped(argument.name)}:${actionOf(completedArgument(command, argument, commands))}`)
  })
  return `${functionOf(command)}() {\n  ${['_arguments -s -S', ...command.options.map(optionSpec), ...positions].join(' \\\n    ')}\n}`
}

/** Completes the name of a command, then what that command takes. */
function dispatcher(
  name: string,
  options: readonly DescribedOption[],
  children: readonly DescribedCommand[],
  begin = '',
): string {
  const rows = children.flatMap((child) => [ownName(child), ...child.aliases].map((word) => quoted(`${word}:${child.summary}`)))
  const cases = children.map((child) => `        ${[ownName(child), ...child.aliases].join('|')}) ${functionOf(child)} ;;`)
  return [
    `${name}() {`,
    `${begin}  local context state state_descr line\n  typeset -A opt_args`,
    `  ${["_arguments -C -S -A '-*'", ...options.map(optionSpec), "'1: :->command'", "'*:: :->rest'"].join(' \\\n    ')}`,
    '  _nexus_keep_front\n  case $state in',
    `    command) local -a commands=(\n      ${rows.join('\n      ')}\n    )\n      _describe -t commands command commands ;;`,
    `    rest)\n      case $words[1] in\n${cases.join('\n')}\n      esac ;;`,
    '  esac\n}',
  ].join('\n')
}

function optionSpec(option: DescribedOption): string {
  const words = [option.short, option.long].filter((word) => word !== undefined)
  const completed = completedOption(option)
  const value = completed === undefined ? '' : `:${escaped(option.value ?? '')}:${actionOf(completed)}`
  const text = `[${escaped(option.description)}]${value}`
  if (words.length === 1) return quoted(`${words[0]}${text}`)
  return `${quoted(`(${words.join(' ')})`)}{${words.join(',')}}${quoted(text)}`
}

function actionOf(completed: Completed): string {
  switch (completed.kind) {
    case 'words':
      return `(${completed.words.join(' ')})`
    case 'path':
      return '_nexus_paths'
    case 'file':
      return '_files'
    case 'anything':
      return ' '
  }
}

function functionOf({ name }: DescribedCommand): string {
  return `_nexus_${name.replaceAll(' ', '_')}`
}

function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

const paths = `# Paths of the store, as far as it answers at once; no config is run, and nothing is changed.
_nexus_paths() {
  local word=\${(Q)PREFIX} folder
  [[ -z $word || $word == /* ]] || return 1
  folder=\${word%/*}/
  local -a limit names directories files
  (( $+commands[timeout] )) && limit=(timeout 2)
  _nexus_keep_front
  names=(\${(f)"$($limit nexus $_nexus_front --no-config --read-only ls $folder 2>/dev/null)"})
  names=(\${names:#\\"*})
  directories=(\${\${(M)names:#*/}%/})
  files=(\${names:#*/})
  compset -P '*/' || { [[ -z $word ]] && compadd -S '' -- /; return }
  compadd -S / -q -- $directories
  compadd -- $files
}

# Options that name the store, in front of a command or behind it.
_nexus_keep_front() {
  local option
  for option in --store --storage --metadata; do
    [[ -n \${opt_args[$option]} ]] && _nexus_front+=($option \${(Q)opt_args[$option]})
  done
}`
