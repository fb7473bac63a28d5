import { spawn } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

/** What one run of the test runner came to. */
export interface LaneReport {
  passed: number
  failed: number
  skipped: { name: string; reason: string }[]
  /** Laws that ask for a capability which their subject does not have: there a twin law is checked in their place. */
  inapplicable: number
  slowest: { name: string; milliseconds: number }[]
}

interface Lane {
  readonly name: string
  readonly env: Record<string, string>
}

interface Tier {
  readonly lanes: readonly Lane[]
  /** The command for what is left out. */
  readonly next: string
  /** Its reports, and what its suites measured, stay in a folder of their own. */
  readonly keepsResults?: boolean
}

const tiers: Record<string, Tier> = {
  fast: { lanes: [{ name: 'fast', env: { NEXUS_TIER: 'fast' } }], next: 'npm run test:ci' },
  ci: {
    lanes: [
      { name: 'cpu', env: { NEXUS_TIER: 'ci', NEXUS_LANE: 'cpu', NEXUS_MODEL_RUNS: '1000' } },
      { name: 'server', env: { NEXUS_TIER: 'ci', NEXUS_LANE: 'server' } },
    ],
    next: 'npm run test:full',
  },
  full: {
    lanes: [{ name: 'full', env: { NEXUS_TIER: 'full', NEXUS_MODEL_RUNS: '20000', NEXUS_SERVER_MODEL_RUNS: '1000' } }],
    next: '',
    keepsResults: true,
  },
}

async function runLane({ name, env }: Lane, folder: string, args: readonly string[]): Promise<LaneReport> {
  const file = join(folder, `${name}.json`)
  const child = spawn('vitest', ['run', '--passWithNoTests', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env, NEXUS_LANE_REPORT: file },
  })
  const code = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(127))
    child.on('exit', (status, signal) => resolve(status ?? (signal ? 1 : 0)))
  })
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as LaneReport
    if (code !== 0 && report.failed === 0) report.failed = 1
    return report
  } catch {
    process.stderr.write(`lane ${name}: the test runner ended with ${code} and left no report\n`)
    return { passed: 0, failed: 1, skipped: [], inapplicable: 0, slowest: [] }
  }
}

/** Named by the time of the run. */
function resultsFolder(tier: string): string {
  const folder = resolve('.nexus-tests', `${new Date().toISOString().replace(/[:.]/g, '-')}-${tier}`)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** The suites that this tier leaves out, by what they need. */
function leftOut(tier: string): string[] {
  if (tier !== 'fast') return []
  const suites = globSync(['packages/*/src/**/*.ci.test.ts', 'tests/**/*.ci.test.ts'])
  if (suites.length === 0) return []
  const places = new Map<string, string[]>()
  for (const suite of suites.sort())
    places.set(dirname(suite), [...(places.get(dirname(suite)) ?? []), basename(suite, '.ci.test.ts')])
  return [
    `not run here: ${suites.length} suites that take long, or need root, strace, loop devices or real servers`,
    ...[...places].map(([place, names]) => `  ${place}: ${names.join(', ')}`),
    'they run with: npm run test:ci (which packages it needs is in .ci/packages)',
  ]
}

async function main(): Promise<void> {
  const [name = 'fast', ...args] = process.argv.slice(2)
  const tier = tiers[name]
  if (tier === undefined) throw new Error(`no tier ${name}; there are ${Object.keys(tiers).join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'nexus-tier-'))
  const started = performance.now()
  const results = tier.keepsResults ? resultsFolder(name) : undefined
  if (results !== undefined) process.env.NEXUS_RESULTS = results
  const reports = await Promise.all(tier.lanes.map((lane) => runLane(lane, folder, args)))
  if (results !== undefined) writeFileSync(join(results, 'summary.json'), `${JSON.stringify(reports, null, 2)}\n`)
  rmSync(folder, { recursive: true, force: true })
  const passed = reports.reduce((sum, report) => sum + report.passed, 0)
  const failed = reports.reduce((sum, report) => sum + report.failed, 0)
  const skipped = reports.flatMap((report) => report.skipped)
  const inapplicable = reports.reduce((sum, report) => sum + report.inapplicable, 0)
  const slowest = reports
    .flatMap((report) => report.slowest)
    .map(({ name: file, milliseconds }) => `${file} ${(milliseconds / 1000).toFixed(1)} s`)
  const lines = [
    '',
    ...leftOut(name),
    ...skipped.map(({ name: test, reason }) => `skipped: ${test} (${reason})`),
    ...(inapplicable === 0
      ? []
      : [`${inapplicable} laws ask for a capability that their subject lacks; there its twin law was checked`]),
    `slowest: ${slowest.join(', ')}`,
    ...(results === undefined ? [] : [`results: ${results}`]),
    `tier ${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`,
    `${passed} passed, ${failed} failed, ${skipped.length} skipped`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}

await main()
