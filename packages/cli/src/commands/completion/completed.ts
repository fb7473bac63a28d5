import type { DescribedArgument, DescribedCommand, DescribedOption } from '../../command-line/described-command.ts'

/** What stands at a position of a command line, as a shell completes it. */
export type Completed =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Of the store. */
  | { readonly kind: 'path' }
  /** Of this machine. */
  | { readonly kind: 'file' }
  | { readonly kind: 'anything' }

const storePaths: ReadonlySet<string> = new Set(['path', 'paths', 'from', 'to'])
const localFiles: ReadonlySet<string> = new Set(['file', 'folder', 'dir', 'dir|name', 'page'])

/** What an argument takes, told by its name. */
export function completedArgument(
  command: DescribedCommand,
  { name, choices }: DescribedArgument,
  commands: readonly DescribedCommand[],
): Completed {
  if (command.name === 'help') return { kind: 'words', words: topCommands(commands).map(ownName) }
  // An export goes to this machine; the target of a link is a path of the store only if it is absolute.
  if (name === 'target') return { kind: command.name === 'export' ? 'file' : 'path' }
  return completedValue(name, choices)
}

/** What the value of an option is; undefined if it takes none. */
export function completedOption({ value, choices }: DescribedOption): Completed | undefined {
  return value === undefined ? undefined : completedValue(value, choices)
}

function completedValue(name: string, choices: readonly string[]): Completed {
  if (choices.length > 0) return { kind: 'words', words: choices }
  if (storePaths.has(name)) return { kind: 'path' }
  return { kind: localFiles.has(name) ? 'file' : 'anything' }
}

/** The commands that a command line begins with. */
export function topCommands(commands: readonly DescribedCommand[]): readonly DescribedCommand[] {
  return commands.filter(({ name }) => !name.includes(' '))
}

/** The commands of a command; none for most. */
export function commandsOf(command: DescribedCommand, commands: readonly DescribedCommand[]): readonly DescribedCommand[] {
  return commands.filter(({ name }) => name.startsWith(`${command.name} `))
}

/** The last word of its name: `run` of `bench run`. */
export function ownName({ name }: DescribedCommand): string {
  return name.slice(name.lastIndexOf(' ') + 1)
}

/** The options that stand in front of a command. */
export function frontOptions(commands: readonly DescribedCommand[]): readonly DescribedOption[] {
  return commands.find(({ name }) => name === 'ls')?.options.filter(({ isGlobal }) => isGlobal) ?? []
}
