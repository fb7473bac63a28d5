import { type Command, Option } from 'commander'
import { alignColumns } from '../output/columns.ts'
import type { StoreOptions } from '../store/open-store.ts'

/** Options that every command takes, before or after its name. */
export interface GlobalOptions extends StoreOptions {
  readonly json?: boolean
  readonly verbose?: boolean
}

const heading = 'Options of every command:'

interface GlobalOptionsChoice {
  /** Where `-h` means something else. */
  readonly help?: '--help' | undefined
  /** Those that name a store are left out. */
  readonly needsNoStore?: boolean
}

/** An option of its own with the same name stays as the command declares it. */
export function addGlobalOptions(command: Command, { help, needsNoStore = false }: GlobalOptionsChoice = {}): void {
  const own = new Set(command.options.map(({ long }) => long))
  for (const option of globalOptions().filter(({ long }) => !own.has(long))) {
    if (!needsNoStore || !storeOptions.has(option.long ?? '')) command.addOption(option.helpGroup(heading))
  }
  command.addHelpOption(new Option(help ?? '-h, --help', 'print this help').helpGroup(heading))
}

const storeOptions: ReadonlySet<string> = new Set(['--store', '--storage', '--metadata', '--author', '--read-only'])

export function isGlobalOption({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === heading
}

/** The same as a block of help text, for a command that has other commands. */
export function globalOptionsHelp(command: Command): string {
  const options = [...command.options.filter(isGlobalOption), new Option('-h, --help', 'print this help')]
  const rows = options.map(({ flags, description }) => [`  ${flags}`, description])
  return [heading, ...alignColumns(rows, ['left', 'left'])].join('\n')
}

/** Each fits into a line of 80 columns, behind the longest flags that a command has. */
function globalOptions(): readonly Option[] {
  return [
    new Option('--store <dir|name>', 'the store: a folder, or a name from nexus.config'),
    new Option('--storage <uri>', 'storage backend, as local:DIR; with --metadata'),
    new Option('--metadata <uri>', 'metadata store, as sqlite:FILE; with --storage'),
    new Option('--author <name>', 'who makes the change (NEXUS_AUTHOR, else the user)'),
    new Option('--read-only', 'change nothing, whatever the command'),
    new Option('--no-config', 'do not load a nexus.config').default(undefined),
    new Option('--json', 'answer in JSON, report errors in JSON'),
    new Option('--verbose', 'say which store is used, and what caused an error'),
  ]
}

/** What was given after the command's name counts before what was given in front of it. */
export function globalOptionsOf(command: Command): GlobalOptions {
  const above = command.parent === null ? {} : globalOptionsOf(command.parent)
  const given = Object.entries(command.opts<Record<string, unknown>>()).filter(([, value]) => value !== undefined)
  // Where a command has an option of its own with that name, it takes a file.
  return { ...above, ...Object.fromEntries(given.filter(([name, value]) => name !== 'json' || typeof value === 'boolean')) }
}
