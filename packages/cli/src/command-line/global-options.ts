import { type Command, Option } from 'commander'
import { alignColumns } from '../output/columns.ts'
import type { StoreOptions } from '../store/open-store.ts'

/** Options that every command takes, before or after its name. */
export interface GlobalOptions extends StoreOptions {
  readonly json?: boolean
  readonly verbose?: boolean
}

const heading = 'Options of every command:'

/** An option of its own with the same name stays as the command declares it. */
export function addGlobalOptions(command: Command, { needsNoStore = false }: { readonly needsNoStore?: boolean } = {}): void {
  const own = new Set(command.options.map(({ long }) => long))
  for (const option of globalOptions().filter(({ long }) => !own.has(long))) {
    if (!needsNoStore || !storeOptions.has(option.long ?? '')) command.addOption(option.helpGroup(heading))
  }
}

const storeOptions: ReadonlySet<string> = new Set(['--store', '--storage', '--metadata', '--author'])

/** The same as a block of help text. */
export function globalOptionsHelp(): string {
  const rows = globalOptions().map(({ flags, description }) => [`  ${flags}`, description])
  return [heading, ...alignColumns(rows, ['left', 'left'])].join('\n')
}

function globalOptions(): readonly Option[] {
  return [
    new Option('--store <dir|name>', 'the store: a folder, or a name from nexus.config'),
    new Option('--storage <uri>', 'the storage backend, with --metadata: local:DIR, memory:NAME, ...'),
    new Option('--metadata <uri>', 'the metadata store, with --storage: sqlite:FILE, memory:NAME, ...'),
    new Option('--author <name>', 'who makes the change (default: NEXUS_AUTHOR, else your user name)'),
    new Option('--read-only', 'change nothing, whatever the command'),
    new Option('--no-config', 'do not load a nexus.config').default(undefined),
    new Option('--json', 'answer in JSON, report errors in JSON'),
    new Option('--verbose', 'say which store is used and why, and what caused an error'),
  ]
}

/** What was given after the command's name counts before what was given in front of it. */
export function globalOptionsOf(command: Command): GlobalOptions {
  const above = command.parent === null ? {} : globalOptionsOf(command.parent)
  const given = Object.entries(command.opts<Record<string, unknown>>()).filter(([, value]) => value !== undefined)
  // Where a command has an option of its own with that name, it takes a file.
  return { ...above, ...Object.fromEntries(given.filter(([name, value]) => name !== 'json' || typeof value === 'boolean')) }
}
