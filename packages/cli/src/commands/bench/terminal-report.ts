import type { Report, ReportCell, ReportedGroup, ReportedWorkload, ReportTable, Tone } from '@nexusfs/bench'
import { alignColumns } from '../../output/columns.ts'
import { formatBytes } from '../../output/format.ts'
import type { Colours } from '../../output/output.ts'

/** The report of a run for a terminal: the machine, a table for each group, the summary, and what a reader must know about them. */
export function terminalReport(report: Report, colours: Colours): string {
  const { goals } = report
  const parts = [
    machineLines(report, colours),
    ...report.groups.map((group) => groupTable(group, colours)),
    summaryTable(report, colours),
    ...(goals === undefined ? [] : [titled('goals', `${goals.met} of ${goals.of} met`, goals.table, colours)]),
    [colours.bold('notes'), ...report.notes.map((note) => `- ${note}`)].join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

function machineLines({ machine, run }: Report, colours: Colours): string {
  const { cpu, cores, memoryBytes, node, fileSystem, load, probes } = machine
  return [
    colours.bold(`Nexus benchmarks: ${run.preset}, ${run.status}, seed ${run.seed}`),
    `${cpu}, ${cores} cores, ${formatBytes(memoryBytes)}, ${machine.os}, Node ${node}`,
    `files on ${fileSystem} (${machine.folder}); load ${load.before.toFixed(2)} before, ${load.after.toFixed(2)} after`,
    `here SHA-256 of 1 MiB takes ${probes.sha256Ms.toFixed(2)} ms, an fsync of 4 KiB ${probes.fsyncMs.toFixed(2)} ms`,
  ].join('\n')
}

/** One table, so that the columns of all workloads stand below each other, with a heading above the rows of each. */
function groupTable({ name, columns, workloads }: ReportedGroup, colours: Colours): string {
  const rows = workloads.flatMap((workload) => workload.rows.map(({ cells }) => indented(cells)))
  const [head = '', ...lines] = linesOf({ columns, rows }, colours)
  const body: string[] = []
  let next = 0
  for (const { id, title, rows } of workloads) {
    body.push(`${colours.bold(id)}  ${colours.dim(title)}`, ...lines.slice(next, next + rows.length))
    next += rows.length
  }
  const problems = workloads.flatMap((workload) => problemLines(workload, colours))
  return [colours.bold(colours.cyan(name)), head, ...body, ...problems].join('\n')
}

function indented([first, ...others]: readonly ReportCell[]): readonly ReportCell[] {
  return first === undefined ? [] : [{ ...first, text: `  ${first.text}` }, ...others]
}

function problemLines({ rows }: ReportedWorkload, colours: Colours): readonly string[] {
  return rows.flatMap(({ id, problem }) => {
    if (problem === undefined) return []
    const text = `  ${id} is ${problem.status}: ${problem.message}`
    return [problem.status === 'void' ? colours.red(text) : colours.yellow(text)]
  })
}

function summaryTable({ summary }: Report, colours: Colours): string {
  if (summary.rows.length === 0) return 'only baselines were measured: there is nothing to compare'
  return titled('summary', 'time / time of the baseline; below 1 Nexus is faster', summary, colours)
}

function titled(title: string, sentence: string, table: ReportTable, colours: Colours): string {
  return [`${colours.bold(colours.cyan(title))}: ${sentence}`, ...linesOf(table, colours)].join('\n')
}

function linesOf({ columns, rows }: ReportTable, colours: Colours): readonly string[] {
  const head = columns.map(({ title }) => colours.dim(title))
  const body = rows.map((row) => row.map(({ text, tone }) => paint(text, tone, colours)))
  const alignments = columns.map(({ align }) => align)
  return alignColumns([head, ...body], alignments).map((line) => line.trimEnd())
}

function paint(text: string, tone: Tone, colours: Colours): string {
  switch (tone) {
    case 'plain':
      return text
    case 'good':
      return colours.green(text)
    case 'slow':
      return colours.yellow(text)
    case 'bad':
      return colours.red(text)
  }
}
