import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import type { CommandContext } from './command-line/command-context.ts'
import type { CommandModule } from './command-line/command-module.ts'
import { describeCommands } from './command-line/described-command.ts'
import { addGlobalOptions, globalOptionsHelp, globalOptionsOf } from './command-line/global-options.ts'
import { helpStyle } from './command-line/help-style.ts'

interface CommandEntry {
  readonly summary: string
  readonly group: string
  readonly alias?: string
  /** Loaded when the command is called for: the others cost nothing at start-up. */
  readonly load: () => Promise<CommandModule>
}

const files = 'Files:'
const directories = 'Directories:'
const history = 'History:'
const transfer = 'In and out:'
const store = 'The store:'

const commands: Readonly<Record<string, CommandEntry>> = {
  write: { group: files, summary: 'write a file', load: async () => (await import('./commands/write.ts')).write },
  append: {
    group: files,
    summary: 'add to the end of a file',
    load: async () => (await import('./commands/append.ts')).append,
  },
  cat: { group: files, summary: 'print the content of files', load: async () => (await import('./commands/cat.ts')).cat },
  stat: { group: files, summary: 'show what stands at a path', load: async () => (await import('./commands/stat.ts')).stat },
  cp: { group: files, summary: 'copy a file, or a directory', load: async () => (await import('./commands/cp.ts')).cp },
  mv: { group: files, summary: 'move a file or directory', load: async () => (await import('./commands/mv.ts')).mv },
  rm: { group: files, summary: 'remove files or directories', load: async () => (await import('./commands/rm.ts')).rm },
  touch: {
    group: files,
    summary: 'make an empty file, or set the time of what is there to now',
    load: async () => (await import('./commands/touch.ts')).touch,
  },
  chmod: {
    group: files,
    summary: 'set the mode of a file or directory',
    load: async () => (await import('./commands/chmod.ts')).chmod,
  },
  ln: { group: files, summary: 'make a symbolic link', load: async () => (await import('./commands/ln.ts')).ln },
  readlink: {
    group: files,
    summary: 'print where a link leads',
    load: async () => (await import('./commands/readlink.ts')).readlink,
  },
  ls: { group: directories, summary: 'list a directory', load: async () => (await import('./commands/ls.ts')).ls },
  tree: {
    group: directories,
    summary: 'draw a directory as a tree',
    load: async () => (await import('./commands/tree.ts')).tree,
  },
  mkdir: { group: directories, summary: 'make a directory', load: async () => (await import('./commands/mkdir.ts')).mkdir },
  versions: {
    group: history,
    alias: 'log',
    summary: 'list the versions of a file, newest first',
    load: async () => (await import('./commands/versions.ts')).versions,
  },
  rollback: {
    group: history,
    summary: 'make an old version the newest one',
    load: async () => (await import('./commands/rollback.ts')).rollback,
  },
  restore: {
    group: history,
    summary: 'bring back what was removed',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
  import: {
    group: transfer,
    summary: 'copy a folder of this machine into the store',
    load: async () => (await import('./commands/import.ts')).importTree,
  },
  export: {
    group: transfer,
    summary: 'copy a directory of the store to this machine',
    load: async () => (await import('./commands/export.ts')).exportTree,
  },
  init: { group: store, summary: 'make a store', load: async () => (await import('./commands/init.ts')).init },
  info: { group: store, summary: 'show which store is used', load: async () => (await import('./commands/info.ts')).info },
  usage: {
    group: store,
    alias: 'du',
    summary: 'count files, versions and bytes',
    load: async () => (await import('./commands/usage.ts')).usage,
  },
  backup: {
    group: store,
    summary: 'copy the whole store into a folder',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  epoch: {
    group: store,
    summary: 'show the epoch of the revisions, or raise it',
    load: async () => (await import('./commands/epoch.ts')).epoch,
  },
  conformance: {
    group: store,
    summary: 'check that an adapter keeps the laws of its port',
    load: async () => (await import('./commands/conformance.ts')).conformance,
  },
  bench: {
    group: store,
    summary: 'measure Nexus on this machine',
    load: async () => (await import('./commands/bench/bench.ts')).bench,
  },
  completion: {
    group: store,
    summary: 'print a completion script for a shell',
    load: async () => (await import('./commands/completion/completion.ts')).completion,
  },
}

const beginning = `
Begin here:
  $ nexus init
  $ nexus write /plans/q3.md --text "# Q3"
  $ nexus ls -l /plans

\`nexus <command> --help\` shows the options of a command, with examples.
\`nexus --version\` prints the version.`

/** The `nexus` command line. Actions use the context; errors of the command line are thrown as `CommanderError`. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command('nexus')
  const { terminal } = context
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out.print(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
      getErrHelpWidth: () => terminal.stderr.columns ?? 100,
      getOutHasColors: () => context.out.colours.isColorSupported,
      getErrHasColors: () => false,
    })
    .description('A file system for AI agents: content-addressed, versioned, safe to share.')
    .usage('<command> [options]')
    .option('--version', 'print the version')
    .enablePositionalOptions()
    .addHelpText('after', () => `\n${globalOptionsHelp(program)}`)
    .addHelpText('after', beginning)
    .configureHelp(helpStyle)
  program.on('option:version', () => {
    context.out.print(`${versionText()}\n`)
    throw new CommanderError(0, 'nexus.version', '')
  })
  addGlobalOptions(program)
  for (const [name, { summary, group, alias }] of Object.entries(commands)) {
    const command = program.command(name).description(summary).helpGroup(group)
    if (alias !== undefined) command.alias(alias)
  }
  addHelpCommand(program, context)
  program.configureHelp({ ...helpStyle, visibleOptions: () => [] })
  program.hook('preSubcommand', (_, command) => define(command, context))
  program.hook('preAction', (_, command) => {
    context.options = globalOptionsOf(command)
  })
  context.allCommands = async () => {
    for (const command of program.commands) await describe(command, context)
    return describeCommands(program)
  }
  return program
}

const described = new WeakMap<Command, Promise<CommandModule | undefined>>()

/** Makes a command ready to be called. */
async function define(command: Command, context: CommandContext): Promise<void> {
  context.commandName = command.name()
  const { fixes = {}, exits = {} } = (await describe(command, context)) ?? {}
  context.fixes = fixes
  context.exits = exits
}

/** Loads the module of a command and lets it declare itself, once. */
function describe(command: Command, context: CommandContext): Promise<CommandModule | undefined> {
  const known = described.get(command)
  if (known !== undefined) return known
  const loading = load(command, context)
  described.set(command, loading)
  return loading
}

async function load(command: Command, context: CommandContext): Promise<CommandModule | undefined> {
  const module = await commands[command.name()]?.load()
  module?.describe(command, context)
  return module
}

function addHelpCommand(program: Command, context: CommandContext): void {
  program.helpCommand(false)
  program
    .command('help [command...]')
    .description('print the help of a command')
    .helpGroup(store)
    .action(async (names: readonly string[]) => {
      const [name, ...more] = names
      const command = name === undefined ? undefined : commandCalled(program, name)
      if (command !== undefined) await checkNames(command, more, context)
      // A word that is not a command is parsed as one, which tells what is near.
      const words = name === undefined || command !== undefined ? [...names, '--help'] : [name]
      await program.parseAsync(words, { from: 'user' })
    })
}

/** @throws {CommanderError} if a word behind a command is none of its commands */
async function checkNames(command: Command, names: readonly string[], context: CommandContext): Promise<void> {
  await describe(command, context)
  const [name] = names
  if (name === undefined || (names.length === 1 && commandCalled(command, name) !== undefined)) return
  command.error(`error: unknown command '${[command.name(), ...names].join(' ')}'`)
}

function commandCalled(parent: Command, name: string): Command | undefined {
  return parent.commands.find((command) => command.name() === name || command.aliases().includes(name))
}

function versionText(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}
