import { type Command, Option } from 'commander'
import { alignColumns } from '../output/columns.ts'
import type { StoreOptions } from '../store/open-store.ts'

/** Options that every command takes, before or after its name. */
export interface GlobalOptions extends StoreOptions {
  readonly json?: boolean
  readonly verbose?: boolean
}

const heading = 'Options of every command:'

export function addGlobalOptions(command: Command): void {
  for (const option of globalOptions()) command.addOption(option.helpGroup(heading))
}

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
export function globalOptionsOf(program: Command, command: Command): GlobalOptions {
  const given = (from: Command): GlobalOptions =>
    Object.fromEntries(Object.entries(from.opts<GlobalOptions>()).filter(([, value]) => value !== undefined))
  return { ...given(program), ...given(command) }
}
