import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { isResultFile } from '../results/result-file.ts'
import { allWorkloads } from '../workloads/catalogue.ts'
import { workloadId } from '../workloads/workload.ts'
import { runBenchCli } from './run-bench-cli.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(os.tmpdir(), 'nexus-bench-cli-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('nexus bench', () => {
  it('without a command shows its commands, as a mistake', async () => {
    const { code, stdout } = await bench([])
    assert.equal(code, 2)
    assert.match(stdout, /run .*\n.*list .*\n.*report /)
  })

  it('has help for each command', async () => {
    for (const name of ['run', 'list', 'report']) {
      const { code, stdout } = await bench([name, '--help'])
      assert.equal(code, 0)
      assert.match(stdout, new RegExp(`^nexus bench ${name}`))
    }
  })

  it('tells mistakes in one line, with the codes of its contract', async () => {
    const mistakes: readonly (readonly [string[], number, RegExp])[] = [
      [['rum'], 2, /no command "rum"; try run/],
      [['run', '--nothing'], 2, /InvalidArgument: Unknown option/],
      [['run', '-k', 'a and'], 2, /expected a word at its end/],
      [['run', '-k', 'postgresql'], 5, /NotFound: nothing is selected/],
      [['run', 'dedupe'], 5, /near: dedup/],
      [['list', 'nothing'], 2, /list workloads, combos or env/],
      [['report', 'none.json'], 5, /cannot read the result file/],
    ]
    for (const [argv, expected, message] of mistakes) {
      const { code, stderr } = await bench(argv)
      assert.equal(code, expected, argv.join(' '))
      assert.match(stderr, message)
      assert.equal(stderr.trim().split('\n').length, 1)
    }
  })

  it('lists workloads with their old node ids as JSON', async () => {
    const { stdout } = await bench(['list', 'workloads', '--json'])
    const listed: { id: string; aliases: string[] }[] = JSON.parse(stdout)
    assert.deepEqual(
      listed.map(({ id }) => id),
      allWorkloads.map(workloadId),
    )
    assert.equal(listed.flatMap(({ aliases }) => aliases).length, 32)
  })

  it('lists combinations with their state', async () => {
    const { code, stdout } = await bench(['list', 'combos'])
    assert.equal(code, 0)
    assert.match(stdout, /^local_fs +ready +baseline of class os/m)
    assert.match(stdout, /^local-sqlite:os +ready/m)
  })

  it('measures in child processes, reports, and writes the JSON and the page that it names', async () => {
    const { code, stdout, stderr } = await bench([
      'run',
      'metadata/exists',
      '--combos',
      'local-sqlite:os',
      '--budget',
      '1s',
      '--json',
      'out.json',
    ])
    assert.equal(code, 0, stderr)
    const file: unknown = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8'))
    assert.ok(isResultFile(file))
    assert.equal(file.run.status, 'done')
    assert.deepEqual(
      file.results.map(({ combo, status }) => [combo, status]),
      [
        ['local_fs', 'measured'],
        ['local-sqlite:os', 'measured'],
      ],
    )
    assert.match(stdout, /results {2}out\.json\npage {5}.*RESULTS\.md/)
    assert.match(await readFile(join(folder, '.nexus-bench', 'RESULTS.md'), 'utf8'), /^# Benchmark results/)
    const again = await bench(['report', 'out.json'])
    assert.match(again.stdout, /metadata\/exists/)
  })

  it('on Ctrl-C keeps a valid file, marked, and removes what it made', async () => {
    const outcome = await interruptedRun()
    assert.equal(outcome.code, 130, outcome.stderr)
    const [machine = ''] = (await readdir(join(folder, 'runs'))).filter((name) => name !== 'RESULTS.md')
    const [saved = ''] = await readdir(join(folder, 'runs', machine))
    const file: unknown = JSON.parse(await readFile(join(folder, 'runs', machine, saved), 'utf8'))
    assert.ok(isResultFile(file))
    assert.equal(file.run.status, 'interrupted')
    assert.ok(file.results.length > 0 && file.results.every(({ status }) => status === 'measured'))
    assert.ok(file.skips.some(({ reason }) => reason === 'interrupted'))
    assert.deepEqual(await readdir(join(folder, 'files')), [])
  })
})

async function bench(argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' }
  const code = await runBenchCli(argv, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    env: process.env,
    cwd: folder,
    usesConfig: false,
    signal: new AbortController().signal,
  })
  return { code, ...written }
}

/** A process of its own, interrupted when its first workload is done. */
function interruptedRun(): Promise<{ code: number | null; stderr: string }> {
  const module = new URL('./run-bench-cli.ts', import.meta.url).href
  const script = `import { runBenchCli } from ${JSON.stringify(module)}; process.exitCode = await runBenchCli(process.argv.slice(1))`
  const options = ['--combos', 'local_fs', '--budget', '60s', '--rounds', '6', '--results', 'runs', '--dir', 'files']
  const argv = ['--conditions=nexus-source', '--input-type=module', '-e', script, 'run', 'metadata', 'concurrency', ...options]
  const child = spawn(process.execPath, argv, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  return new Promise((resolve, reject) => {
    let stderr = ''
    child.stderr.on('data', (piece: Buffer) => {
      if (!stderr.includes('\n') && piece.includes('\n')) child.kill('SIGINT')
      stderr += piece.toString()
    })
    child.once('error', reject).once('close', (code) => resolve({ code, stderr }))
  })
}
