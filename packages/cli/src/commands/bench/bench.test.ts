import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listWorkloads, type ResultFile } from '@nexusfs/bench'
import { afterAll, describe, it } from 'vitest'
import { type Outcome, runNexus, startNexus, temporaryFolder } from '../../testing/run-nexus.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

describe('nexus bench', () => {
  it('without a command shows its commands, as a mistake', async () => {
    const { code, stdout, stderr } = await bench([])
    assert.deepEqual([code, stdout], [2, ''])
    for (const name of ['run', 'list', 'report']) assert.match(stderr, new RegExp(`^ {2}${name} `, 'm'))
  })

  it('has help for each command', async () => {
    for (const name of ['run', 'list', 'report']) {
      const { code, stdout } = await bench([name, '--help'])
      assert.equal(code, 0)
      assert.match(stdout, new RegExp(`^Usage: nexus bench ${name}`))
      assert.match(stdout, /\nExamples?:\n {2}\$ nexus bench /)
      assert.equal((await runNexus(['help', 'bench', name], { cwd: folder.path })).stdout, stdout)
    }
  })

  it('tells mistakes in one line, with the codes of its contract', async () => {
    const mistakes: readonly (readonly [string[], number, RegExp])[] = [
      [['rum'], 2, /unknown command 'rum' \(did you mean run\?\); see `nexus bench --help`$/],
      [['run', '--nothing'], 2, /InvalidArgument: unknown option '--nothing'; see `nexus bench run --help`$/],
      [['run', '--preset', 'huge'], 2, /'huge' is wrong for --preset <name>: .*quick, targets, all/],
      [['run', '--budget', 'soon'], 2, /'soon' is wrong for --budget <time>: write it as 100s or 10m/],
      [['run', '--rounds', '0'], 2, /'0' is wrong for --rounds <n>: write a whole number from 1 to 10,000/],
      [['run', '--save', '../x'], 2, /a run cannot be called "\.\.\/x"/],
      [['run', '--combos'], 2, /option '--combos <ids>' argument missing/],
      [['run', '-k', 'a and'], 2, /expected a word at its end$/],
      [['run', '-k', 'postgresql'], 5, /NotFound: nothing is selected: .*; `nexus bench list` shows what there is$/],
      [['run', 'dedupe'], 5, /NotFound: .*; near: dedup/],
      [['run', 'metadata', '--require', 'local-redis'], 1, /Unavailable: local-redis is required and skipped: set REDIS_URL; /],
      [['list', 'nothing'], 2, /'nothing' is wrong for <topic>: .*workloads, combos, env/],
      [['report', 'none.json'], 5, /cannot read the result file .*none\.json; check the name$/],
    ]
    for (const [argv, expected, message] of mistakes) {
      const { code, stderr } = await bench(argv)
      assert.equal(code, expected, argv.join(' '))
      assert.match(stderr.trimEnd(), message)
      assert.equal(stderr.trim().split('\n').length, 1)
    }
  })

  it('lists workloads with their old node ids as JSON', async () => {
    const { stdout } = await bench(['list', 'workloads', '--json'])
    const listed: { id: string; aliases: string[] }[] = JSON.parse(stdout)
    assert.deepEqual(
      listed.map(({ id }) => id),
      listWorkloads().map(({ id }) => id),
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
    const file = await resultFile('out.json')
    assert.equal(file.run.status, 'done')
    assert.deepEqual(
      file.results.map(({ combo, status }) => [combo, status]),
      [
        ['local_fs', 'measured'],
        ['local-sqlite:os', 'measured'],
      ],
    )
    assert.match(stdout, /results {2}out\.json\npage {5}.*RESULTS\.md/)
    assert.match(await readFile(join(folder.path, '.nexus-bench', 'RESULTS.md'), 'utf8'), /^# Benchmark results/)
    assert.deepEqual(file.run.argv, [
      'run',
      'metadata/exists',
      '--combos',
      'local-sqlite:os',
      '--budget',
      '1s',
      '--json',
      'out.json',
    ])
    const again = await bench(['report', 'out.json'])
    assert.match(again.stdout, /metadata\/exists/)
    const asData = JSON.parse((await bench(['report', 'out.json', '--json'])).stdout)
    assert.equal(asData.summary.rows.length, 1)
    assert.equal((await bench(['report', 'out.json', '--md', 'page.md'])).stdout, '')
    const page = await readFile(join(folder.path, 'page.md'), 'utf8')
    assert.match(page, /nexus bench run metadata\/exists --combos local-sqlite:os/)
  })

  it('never shows or saves the secret of a URL', async () => {
    const fixture = join(folder.path, 'secret')
    await mkdir(fixture)
    await writeFile(
      join(fixture, 'nexus.config.mjs'),
      `export default { metadata: { acme: {
        traits: { durability: 'disk', remote: true },
        probe: async () => ({ ok: false, detail: 'acme://me:hunter2@host says no' }),
        open: async () => { throw new Error('acme://me:hunter2@host') } } } }`,
    )
    const run = ['bench', 'run', 'metadata/exists', '--budget', '1s', '--rounds', '1', '--seed', 'acme://me:hunter2@host']
    for (const argv of [['bench', 'list', '--json'], ['bench', 'list'], run, [...run, '--json', '-']]) {
      const { code, stdout, stderr } = await runNexus(argv, { cwd: fixture, env: environment() })
      assert.equal(code, 0, stderr)
      assert.match(stdout, /acme:\/\/\*\*\*@host says no/)
      assert.doesNotMatch(stdout + stderr, /hunter2/, argv.join(' '))
    }
    const results = join(fixture, '.nexus-bench')
    const names = await readdir(results, { recursive: true })
    const texts = await Promise.all(
      names.filter((name) => name.includes('.')).map((name) => readFile(join(results, name), 'utf8')),
    )
    assert.equal(texts.length, 3)
    for (const text of texts) assert.doesNotMatch(text, /hunter2/)
  })

  it('on Ctrl-C keeps a valid file, marked, and removes what it made', async () => {
    const outcome = await interruptedRun()
    assert.equal(outcome.code, 130, outcome.stderr)
    const [machine = ''] = (await readdir(join(folder.path, 'runs'))).filter((name) => name !== 'RESULTS.md')
    const [saved = ''] = await readdir(join(folder.path, 'runs', machine))
    const file = await resultFile('runs', machine, saved)
    assert.equal(file.run.status, 'interrupted')
    // The second workload may have begun; without a round it has no figures.
    const unmeasured = file.results.filter(({ status }) => status !== 'measured')
    assert.ok(unmeasured.length < file.results.length)
    assert.ok(unmeasured.every(({ problem }) => problem?.code === 'Aborted'))
    assert.ok(file.skips.some(({ reason }) => reason === 'interrupted'))
    assert.deepEqual(await readdir(join(folder.path, 'files')), [])
  })
})

function bench(argv: readonly string[]): Promise<Outcome> {
  return runNexus(['--no-config', 'bench', ...argv], { cwd: folder.path, env: environment() })
}

async function resultFile(...names: readonly string[]): Promise<ResultFile> {
  const file: ResultFile = JSON.parse(await readFile(join(folder.path, ...names), 'utf8'))
  assert.equal(file.schema, 'nexus-bench/1')
  return file
}

/** Without variables that would bring servers in. */
function environment(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME }
}

/** A process of its own, interrupted when its first workload is done. */
function interruptedRun(): Promise<{ code: number | null; stderr: string }> {
  const options = ['--combos', 'local_fs', '--budget', '60s', '--rounds', '6', '--results', 'runs', '--dir', 'files']
  const child = startNexus(['bench', 'run', 'metadata', 'concurrency', ...options], { cwd: folder.path })
  return new Promise((resolve, reject) => {
    let stderr = ''
    child.stderr?.on('data', (piece: Buffer) => {
      if (!stderr.includes('\n') && piece.includes('\n')) child.kill('SIGINT')
      stderr += piece.toString()
    })
    child.once('error', reject).once('close', (code) => resolve({ code, stderr }))
  })
}
