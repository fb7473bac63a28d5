import { writeFileSync } from 'node:fs'
import { CommandContext } from '../packages/cli/src/command-line/command-context.ts'
import type { DescribedCommand, DescribedOption } from '../packages/cli/src/command-line/described-command.ts'
import { exitCodes } from '../packages/cli/src/command-line/report-error.ts'
import { processTerminal } from '../packages/cli/src/output/terminal.ts'
import { buildProgram } from '../packages/cli/src/program.ts'

/** Writes `docs/cli.md` from the commands themselves. A test compares the two. */

const head = `# The command line

Generated from \`packages/cli/src/commands\` by \`npm run docs:cli\`.

Paths begin at the root of the store, with \`/\`. A command finds its store by \`--store\`, else \`--storage\` and \`--metadata\`, else \`NEXUS_STORE\`, else
\`store\` in the nearest \`nexus.config\`, else the nearest \`.nexus\` folder ([more](config.md)). With \`--json\` the answer is one JSON value on standard
output, or one a line for lists. An error is one line on standard error: \`nexus: <Code>: <what>; <fix>\`, or \`{"error":{...}}\` with \`--json\`
([codes](errors.md)). \`nexus help COMMAND\` prints what is below.
`

/** @throws {CommanderError} if two commands declare the same name */
export async function cliDocument(): Promise<string> {
  const context = new CommandContext(processTerminal(), new AbortController().signal)
  buildProgram(context)
  const commands = (await context.allCommands()).filter(({ name }) => name !== 'help')
  const groups = [...Map.groupBy(commands, ({ group }) => group)]
  const parts = [
    head.trimEnd(),
    '## Options of every command',
    optionTable(commands.find(({ name }) => name === 'ls')?.options.filter(({ isGlobal }) => isGlobal) ?? []),
    'They stand before or after the name of the command. `bench` and `conformance` open no store, and take none that names one.',
    '## Exit codes',
    exitTable(),
    ...groups.flatMap(([group, members]) => [`## ${group}`, ...members.map(section)]),
  ]
  return `${parts.join('\n\n')}\n`
}

function exitTable(): string {
  const byExit = Map.groupBy(Object.entries(exitCodes), ([, exit]) => exit)
  const rows = [
    ['0', 'done'],
    ['1', 'done in part, or the answer is no; each command says which'],
    ...[...byExit].map(([exit, codes]) => [`${exit}`, codes.map(([code]) => `\`${code}\``).join(', ')]),
    ['130, 143', 'interrupted by Ctrl-C, ended by SIGTERM'],
  ]
  return table(['exit', 'meaning'], rows)
}

function section(command: DescribedCommand): string {
  const { name, aliases, description, usage, examples } = command
  const also = aliases.length === 0 ? [] : [`Also \`nexus ${aliases.join('`, `nexus ')}\`.`]
  const own = command.options.filter(({ isGlobal }) => !isGlobal)
  const rows = [...command.arguments.map((argument) => [`\`${argument.name}\``, argument.description]), ...own.map(optionRow)]
  return [
    `### nexus ${name}`,
    `\`\`\`text\nnexus ${name} ${usage}\n\`\`\``,
    [description, ...also].join(' '),
    ...(rows.length === 0 ? [] : [table(['argument or option', 'meaning'], rows)]),
    exitsOf(command),
    `\`\`\`text\n${examples.map((example) => `$ ${example}`).join('\n')}\n\`\`\``,
  ].join('\n\n')
}

function exitsOf({ exits }: DescribedCommand): string {
  const own = Object.entries(exits).map(([code, meaning]) => `${code} ${meaning}`)
  return `Exit codes: ${['0', ...own, 'those of errors'].join('; ')}.`
}

function optionTable(options: readonly DescribedOption[]): string {
  return table(['option', 'meaning'], options.map(optionRow))
}

function optionRow({ flags, description }: DescribedOption): readonly string[] {
  return [`\`${flags}\``, description]
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(columns), `|${columns.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

if (import.meta.main) writeFileSync(new URL('../docs/cli.md', import.meta.url), await cliDocument())
