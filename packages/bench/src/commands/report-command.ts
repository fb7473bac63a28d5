import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { NexusError } from '../library.ts'
import { colorsFor } from '../report/colors.ts'
import { resultsPage } from '../report/results-page.ts'
import { terminalReport } from '../report/terminal-report.ts'
import { readResultFile, replaceFile } from '../results/result-store.ts'
import type { BenchIo } from './bench-io.ts'
import { exitCodes } from './exit-codes.ts'

const reportUsage = `nexus bench report FILE.json [--md RESULTS.md]

Shows a saved run again; with --md it writes the results page instead.`

/** `nexus bench report`. Resolves with the exit code. */
export async function reportCommand(argv: readonly string[], io: BenchIo): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(`${reportUsage}\n`)
    return exitCodes.ok
  }
  const { path, page } = parse(argv)
  const file = await readResultFile(resolve(io.cwd, path))
  if (page === undefined) io.stdout.write(terminalReport(file, colorsFor(io.stdout.isTTY === true, io.env)))
  else await replaceFile(resolve(io.cwd, page), resultsPage(file))
  return exitCodes.ok
}

function parse(argv: readonly string[]): { path: string; page: string | undefined } {
  const { values, positionals } = parseStrictly(argv)
  const [path, ...rest] = positionals
  if (path === undefined || rest.length > 0) throw new NexusError('InvalidArgument', 'report needs one result file')
  return { path, page: values.md }
}

function parseStrictly(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: { md: { type: 'string' } }, allowPositionals: true })
  } catch (cause) {
    throw new NexusError('InvalidArgument', cause instanceof Error ? cause.message : String(cause))
  }
}
