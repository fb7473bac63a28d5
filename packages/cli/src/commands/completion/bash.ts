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

/** A completion script for bash 3.2 and later: tables made from the commands, and one function that reads them. */
export function bashScript(commands: readonly DescribedCommand[]): string {
  const front = frontOptions(commands)
  const top = topCommands(commands).flatMap(({ name, aliases }) => [name, ...aliases])
  return [
    '# Completion of the nexus command, made by `nexus completion bash`.',
    table('_nexus_commands', [row([''], top.join(' ')), ...commands.flatMap((command) => commandRows(command, commands))]),
    table('_nexus_options', [row([''], optionWords(front)), ...commands.map(optionRow)]),
    table('_nexus_values', [
      ...commands.flatMap(valueRows),
      // Behind every command, and in front of it.
      ...front.flatMap((option) => {
        const completed = completedOption(option)
        return completed === undefined ? [] : [row([], textOf(completed), [`*' ${option.long}'`])]
      }),
    ]),
    table(
      '_nexus_arguments',
      commands.flatMap((command) => argumentRows(command, commands)),
    ),
    functions,
  ].join('\n\n')
}

function commandRows(command: DescribedCommand, commands: readonly DescribedCommand[]): readonly string[] {
  const children = commandsOf(command, commands)
  return children.length === 0 ? [] : [row([command.name], children.map(ownName).join(' '))]
}

function optionRow({ name, aliases, options }: DescribedCommand): string {
  return row([name, ...aliases], optionWords(options))
}

function optionWords(options: readonly DescribedOption[]): string {
  return [...options.flatMap(({ short, long }) => [short, long].filter((word) => word !== undefined)), '--help'].join(' ')
}

/** Every option that takes a value has a row: so the function knows which word is none of the arguments. */
function valueRows(command: DescribedCommand): readonly string[] {
  return command.options
    .filter(({ isGlobal }) => !isGlobal)
    .flatMap((option) => valueRow([command.name, ...command.aliases], option))
}

function valueRow(names: readonly string[], option: DescribedOption): readonly string[] {
  const completed = completedOption(option)
  if (completed === undefined) return []
  const words = [option.short, option.long].filter((word) => word !== undefined)
  return [
    row(
      names.flatMap((name) => words.map((word) => `${name} ${word}`)),
      textOf(completed),
    ),
  ]
}

function argumentRows(command: DescribedCommand, commands: readonly DescribedCommand[]): readonly string[] {
  const names = [command.name, ...command.aliases]
  return command.arguments.map((argument, index) => {
    const text = textOf(completedArgument(command, argument, commands))
    return row(
      names.map((name) => `${name} ${index + 1}`),
      text,
      argument.isVariadic ? names.map((name) => `'${name} '*`) : [],
    )
  })
}

function textOf(completed: Completed): string {
  return completed.kind === 'words' ? completed.words.join(' ') : `:${completed.kind}`
}

/** @param patterns of the shell, beside the texts */
function row(texts: readonly string[], answer: string, patterns: readonly string[] = []): string {
  return `    ${[...texts.map((text) => `'${text}'`), ...patterns].join('|')}) echo '${answer}' ;;`
}

function table(name: string, rows: readonly string[]): string {
  return [`${name}() {`, '  case "$1" in', ...rows, '  esac', '}'].join('\n')
}

const functions = `# Paths of the store, as far as it answers at once; no config is run, and nothing is changed.
_nexus_paths() {
  local word=$1 folder names name
  word=\${word//\\\\/}
  case "$word" in
    /*) folder=\${word%/*}/ ;;
    '') COMPREPLY=(/); compopt -o nospace 2>/dev/null; return ;;
    *) return ;;
  esac
  names=$(_nexus_ask "$folder" 2>/dev/null)
  while IFS= read -r name; do
    case "$name" in
      ''|\\"*) ;;
      *) case "$folder$name" in
           "$word"*) COMPREPLY+=("$(printf '%q' "$folder$name")") ;;
         esac ;;
    esac
  done <<< "$names"
  case "\${COMPREPLY[0]}" in */) compopt -o nospace 2>/dev/null ;; esac
}

_nexus_ask() {
  if command -v timeout >/dev/null; then
    timeout 2 nexus \${_nexus_front[@]+"\${_nexus_front[@]}"} --no-config --read-only ls "$1"
  else
    nexus \${_nexus_front[@]+"\${_nexus_front[@]}"} --no-config --read-only ls "$1"
  fi
}

_nexus_offer() {
  local line
  case "$1" in
    :path) _nexus_paths "$2" ;;
    :file) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2"); compopt -o filenames 2>/dev/null ;;
    :anything|'') ;;
    *) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$2") ;;
  esac
}

_nexus() {
  local current=\${COMP_WORDS[COMP_CWORD]} command='' position=1 at word value awaited=''
  _nexus_front=()
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [ -n "$awaited" ]; then
      case "$awaited" in --store|--storage|--metadata) _nexus_front+=("$awaited" "$word") ;; esac
      awaited=''
      continue
    fi
    case "$word" in
      -*) value=$(_nexus_values "$command $word")
          if [ -n "$value" ]; then awaited=$word; fi ;;
      *) if [ -n "$(_nexus_commands "$command")" ]; then command="\${command:+$command }$word"
         else position=$((position + 1)); fi ;;
    esac
  done
  if [ -n "$awaited" ]; then _nexus_offer "$(_nexus_values "$command $awaited")" "$current"
  elif [ "\${current#-}" != "$current" ]; then _nexus_offer "$(_nexus_options "$command")" "$current"
  elif [ -n "$(_nexus_commands "$command")" ]; then _nexus_offer "$(_nexus_commands "$command")" "$current"
  else _nexus_offer "$(_nexus_arguments "$command $position")" "$current"; fi
}

complete -F _nexus nexus
`
