import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, stripVTControlCharacters } from 'node:util'

/**
 * Puts what `npm run bench` and `npm test`, the two commands of the README, really print into the documents that show it, shortened.
 *
 *     node scripts/update-output.ts                 runs both (about five minutes), on a machine that does nothing else
 *     node scripts/update-output.ts --from FOLDER   takes bench.txt and test.txt that such runs left in the folder
 */

/** How the output of a command is kept and shortened. */
interface Recorded {
  /** The document that shows it, from the root of the repository. */
  readonly document: string
  /** What a run leaves in the folder of `--from`. */
  readonly file: string
  readonly trim: (output: string) => string
}

export const recorded: Readonly<Record<string, Recorded>> = {
  'npm run bench': { document: 'docs/benchmarks.md', file: 'bench.txt', trim: trimBench },
  'npm test': { document: 'CONTRIBUTING.md', file: 'test.txt', trim: trimTest },
}

/**
 * The document with the text between the markers of that command.
 * @throws {Error} if the document has no such markers
 */
export function withOutput(document: string, command: string, text: string): string {
  const [start, end] = [`<!-- output of ${command} -->\n`, '<!-- end of output -->']
  const from = document.indexOf(start)
  const to = document.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`no markers for the output of ${command}`)
  return `${document.slice(0, from)}${start}\`\`\`text\n${text}\n\`\`\`\n${document.slice(to)}`
}

/**
 * The machine, the summary, and where the results are.
 * @throws {Error} if the run was not completed
 */
function trimBench(output: string): string {
  const parts = output.split(/\n{2,}/).map((part) => part.trimEnd())
  const machine = parts.find((part) => part.includes('Nexus benchmarks: quick, done'))
  const summary = parts.find((part) => part.startsWith('summary:'))
  const last = parts.findLast((part) => part.trim() !== '')
  if (machine === undefined || summary === undefined || last === undefined) throw new Error('the benchmarks did not end')
  if (/\bvoid\b|\bfailed\b/.test(summary)) throw new Error('a workload failed')
  const header = machine.slice(machine.indexOf('Nexus benchmarks:'))
  const resultFiles = last.split('\n').map((line) => line.replace(/\/\S*\/(?=\.nexus-bench\/)/, ''))
  return [header, '...', summary, '...', ...resultFiles].join('\n')
}

/**
 * What was left out and why, and the counts.
 * @throws {Error} if a test failed, or the run did not end
 */
function trimTest(output: string): string {
  const lines = output.split('\n').map((line) => line.trimEnd())
  const counts = lines.findLast((line) => /^\d+ passed, 0 failed, \d+ skipped$/.test(line))
  if (counts === undefined) throw new Error('the tests did not end without a failure')
  const start = lines.findLastIndex((line) => line.startsWith('not run here:'))
  const tail = lines.slice(start < 0 ? lines.findLastIndex((line) => line.startsWith('slowest:')) : start).filter(Boolean)
  const suites = tail.filter((line) => /^ {2}\S/.test(line))
  const shown = suites.slice(0, 3)
  return tail
    .flatMap((line) => (line === suites[shown.length] ? ['  ...'] : suites.includes(line) && !shown.includes(line) ? [] : [line]))
    .join('\n')
}

/** Runs the command as a newcomer does, and keeps what it prints. */
function record(command: string, file: string): void {
  const run = spawnSync(command, { shell: true, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 })
  writeFileSync(file, run.stdout)
  if (run.status !== 0) throw new Error(`${command} ended with ${run.status ?? run.signal}; its output is in ${file}`)
}

function main(): void {
  const { values } = parseArgs({ options: { from: { type: 'string' } } })
  const folder = values.from ?? mkdtempSync(join(tmpdir(), 'nexus-output-'))
  for (const [command, { document, file, trim }] of Object.entries(recorded)) {
    if (values.from === undefined) record(command, join(folder, file))
    const page = new URL(`../${document}`, import.meta.url)
    const text = trim(stripVTControlCharacters(readFileSync(join(folder, file), 'utf8')))
    writeFileSync(page, withOutput(readFileSync(page, 'utf8'), command, text))
  }
  if (values.from === undefined) rmSync(folder, { recursive: true })
}

if (import.meta.main) main()
