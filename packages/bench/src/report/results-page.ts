import type { ResultFile, RunFacts } from '../results/result-file.ts'
import { replaceFile } from '../results/result-store.ts'
import { formatCount } from './format.ts'
import { type Report, type ReportedGroup, type ReportedRow, type ReportTable, report } from './report.ts'

/** RESULTS.md, in Markdown, worked out from the file of a run and from nothing else. */
export function resultsPage(file: ResultFile): string {
  const shown = report(file)
  const parts = [
    '# Benchmark results',
    introduction(shown),
    environment(shown),
    '## Summary',
    'Time divided by the time of the baseline of the same durability class, with a 95 % interval; below 1 Nexus is faster.',
    tableOf(shown.summary),
    ...(shown.goals === undefined ? [] : ['## Goals', tableOf(shown.goals.table)]),
    ...shown.groups.flatMap((group) => [`## ${group.name}`, groupTable(group)]),
    '## Notes',
    shown.notes.map((note) => `- ${note}`).join('\n'),
    '## Reproduce',
    `\`\`\`sh\n${command(shown.run)}\n\`\`\``,
  ]
  return `${parts.join('\n\n')}\n`
}

/** Writes the page of a run; a reader finds the old or the new one. */
export async function writeResultsPage(path: string, file: ResultFile): Promise<void> {
  await replaceFile(path, resultsPage(file))
}

function introduction({ run, tool }: Report): string {
  const commit = tool.git === undefined ? '' : `, commit ${tool.git.sha.slice(0, 12)}${tool.git.dirty ? ' with changes' : ''}`
  return `Run "${run.name}" of ${run.startedAt}, Nexus ${tool.version}${commit}. This page is made from its JSON file; do not edit it.`
}

function environment({ machine, run }: Report): string {
  const rows = [
    ['processor', `${machine.cpu}, ${machine.cores} cores`],
    ['memory', `${formatCount(machine.memoryBytes / 2 ** 30)} GiB`],
    ['system', machine.os],
    ['Node', `${machine.node} (V8 ${machine.v8})`],
    ['file system', machine.fileSystem],
    ['load average', `${machine.load.before.toFixed(2)} before, ${machine.load.after.toFixed(2)} after`],
    ['SHA-256 of 1 MiB', `${machine.probes.sha256Ms.toFixed(2)} ms`],
    ['fsync of 4 KiB', `${machine.probes.fsyncMs.toFixed(2)} ms`],
    ['seed, budget', `${run.seed}, ${run.budgetMs / 1000} s`],
  ]
  return markdownTable(['environment', ''], rows)
}

function groupTable({ columns, workloads }: ReportedGroup): string {
  return markdownTable(
    ['workload', ...columns.map(({ title }) => title)],
    workloads.flatMap(({ id, rows }) => rows.map((row) => [id, ...textsOf(row)])),
  )
}

/** The reason stands instead of the first figure. */
function textsOf({ cells, problem }: ReportedRow): readonly string[] {
  return cells.map(({ text }) => (problem !== undefined && text === problem.status ? `${text}: ${problem.message}` : text))
}

function tableOf({ columns, rows }: ReportTable): string {
  return markdownTable(
    columns.map(({ title }) => title),
    rows.map((row) => row.map(({ text }) => text)),
  )
}

function command(run: RunFacts): string {
  const words = run.argv.map((word) => (/^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  const seed = run.argv.includes('--seed') ? [] : ['--seed', run.seed]
  return ['nexus', 'bench', ...words, ...seed].join(' ')
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}
