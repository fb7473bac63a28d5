import type { ResultFile, WorkloadResult } from '../results/result-file.ts'
import { formatCount, formatInterval, formatRatio } from './format.ts'
import { goalResults } from './goals.ts'
import { notesOf } from './notes.ts'
import { ratioText, resultCells } from './result-cells.ts'
import { marked, voidedCombos } from './voided-combos.ts'

/** RESULTS.md, worked out from the JSON of a run and from nothing else. */
export function resultsPage(file: ResultFile): string {
  const groups = [...Map.groupBy(file.results, (result) => result.group)]
  const parts = [
    '# Benchmark results',
    introduction(file),
    environment(file),
    '## Summary',
    'Time divided by the time of the baseline of the same durability class, with a 95 % interval; below 1 Nexus is faster.',
    summary(file),
    ...goalSection(file),
    ...groups.flatMap(([group, results]) => [`## ${group}`, groupTable(results, voidedCombos(file))]),
    '## Notes',
    notesOf(file)
      .map((note) => `- ${note}`)
      .join('\n'),
    '## Reproduce',
    `\`\`\`sh\n${command(file)}\n\`\`\``,
  ]
  return `${parts.join('\n\n')}\n`
}

function introduction({ run, tool }: ResultFile): string {
  const commit = tool.git === undefined ? '' : `, commit ${tool.git.sha.slice(0, 12)}${tool.git.dirty ? ' with changes' : ''}`
  return `Run "${run.name}" of ${run.startedAt}, Nexus ${tool.version}${commit}. This page is made from its JSON file; do not edit it.`
}

function environment({ machine, run }: ResultFile): string {
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

function summary(file: ResultFile): string {
  const combos = file.combos.filter(({ id, kind }) => kind === 'nexus' && file.results.some(({ combo }) => combo === id))
  const rows = [...Map.groupBy(file.results, (result) => result.workload)].map(([workload, results]) => [
    workload,
    ...combos.map(({ id }) => summaryCell(results.find(({ combo }) => combo === id))),
  ])
  return markdownTable(
    ['workload', ...combos.map(({ id, reference }) => `${marked(id, voidedCombos(file))} / ${reference}`)],
    rows,
  )
}

function summaryCell(result: WorkloadResult | undefined): string {
  if (result === undefined) return '-'
  return result.problem === undefined ? ratioText(result) : result.status
}

function goalSection(file: ResultFile): readonly string[] {
  const results = goalResults(file)
  if (results.length === 0) return []
  const rows = results.map(({ goal, ratio, interval, verdict }) => [
    goal.row,
    `${goal.combo} / ${goal.reference}`,
    goal.durability,
    ratio === undefined ? '-' : formatRatio(ratio),
    interval === undefined ? '-' : formatInterval(interval),
    formatRatio(goal.ratio),
    verdict,
  ])
  return ['## Goals', markdownTable(['goal', 'combination / reference', 'class', 'measured', '95 %', 'at most', 'verdict'], rows)]
}

function groupTable(results: readonly WorkloadResult[], voided: ReadonlySet<string>): string {
  const head = ['workload', 'combination', 'class', 'median', 'ratio [95 %]', 'p99', 'ops/s', 'stored B/op', 'fsync/op', 'rounds']
  return markdownTable(
    head,
    results.map((result) => groupRow(result, voided)),
  )
}

function groupRow(result: WorkloadResult, voided: ReadonlySet<string>): readonly string[] {
  const { median, ratio, p99, operations, stored, fsyncs, rounds } = resultCells(result)
  const first = result.problem === undefined ? median : `${result.status}: ${result.problem.message}`
  return [result.workload, marked(result.combo, voided), result.durability, first, ratio, p99, operations, stored, fsyncs, rounds]
}

function command({ run }: ResultFile): string {
  const words = run.argv.map((word) => (/^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  const seed = run.argv.includes('--seed') ? [] : ['--seed', run.seed]
  return ['nexus', 'bench', ...words, ...seed].join(' ')
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}
