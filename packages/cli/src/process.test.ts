import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { CommandContext } from './command-line/command-context.ts'
import { processTerminal } from './output/terminal.ts'
import { buildProgram } from './program.ts'
import { binary, makeQuickFixture, runNexus, spawnNexus, startNexus, temporaryFolder } from './testing/run-nexus.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const cwd = folder.path

beforeAll(async () => {
  makeQuickFixture(cwd)
  await runNexus(['init', '--store', 'quick'], { cwd })
})

describe('the program', () => {
  it('passes bytes through pipes unchanged, and ends with the exit code', async () => {
    const bytes = new Uint8Array(3_000_000).map((_, index) => (index * 31) >> 3)
    const written = await spawnNexus(['write', '/pipe', '-'], { cwd, stdin: bytes })
    assert.deepEqual([written.code, written.stdout, written.stderr], [0, 'wrote /pipe v1, 2.9 MiB\n', ''])
    const read = await spawnNexus(['cat', '/pipe'], { cwd })
    assert.equal(Buffer.compare(read.bytes, bytes), 0)
    assert.equal(read.code, 0)
    const missing = await spawnNexus(['cat', '/nope'], { cwd })
    assert.deepEqual([missing.code, missing.stdout], [3, ''])
    assert.match(missing.stderr, /^nexus: NotFound: [^\n]+\n$/)
  })

  it('carries what is larger than a chunk, and gives parts of it', async () => {
    const bytes = randomBytes(20_000_000)
    const written = await spawnNexus(['write', '/large', '-'], { cwd, stdin: bytes })
    assert.deepEqual([written.code, written.stderr], [0, ''])
    const read = await spawnNexus(['cat', '/large'], { cwd })
    assert.deepEqual([read.code, read.stderr, bytes.equals(read.bytes)], [0, '', true])
    const part = await spawnNexus(['cat', '/large', '--range', '9000000-19000000'], { cwd })
    assert.ok(bytes.subarray(9_000_000, 19_000_001).equals(part.bytes))
  })

  it('prints what comes before the damage in a large file, and then fails', async () => {
    const place = join(cwd, 'damaged')
    makeQuickFixture(place)
    await runNexus(['init', '--store', 'quick'], { cwd: place })
    const bytes = randomBytes(20_000_000)
    await runNexus(['write', '/large', '-'], { cwd: place, stdin: bytes })
    const blobs = readdirSync(join(place, '.nexus', 'blobs'), { recursive: true, withFileTypes: true })
    const last = blobs
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .find((file) => readFileSync(file).includes(bytes.subarray(-100)))
    assert.ok(last)
    chmodSync(last, 0o600)
    const damaged = readFileSync(last)
    damaged[0] = (damaged[0] ?? 0) ^ 1
    writeFileSync(last, damaged)
    const { code, stderr, bytes: printed } = await spawnNexus(['cat', '/large'], { cwd: place })
    assert.equal(code, 7)
    assert.match(stderr, /^nexus: Corrupt: \/large[^\n]*\n$/)
    assert.ok(printed.length > 0 && printed.length <= bytes.length - damaged.length)
    assert.ok(bytes.subarray(0, printed.length).equals(printed))
  })

  it('ends quietly when the reader of its output has gone', async () => {
    const child = startNexus(['cat', '/pipe'], { cwd })
    assert.ok(child.stdout && child.stderr)
    const errors = text(child.stderr)
    await once(child.stdout, 'readable')
    child.stdout.destroy()
    const [code, signal]: unknown[] = await once(child, 'exit')
    assert.deepEqual([code, signal, await errors], [0, null, ''])
  })

  it('ends with 130 at Ctrl-C, with one line', async () => {
    const child = startNexus(['write', '/interrupted', '-', '--verbose'], { cwd })
    assert.ok(child.stdin && child.stderr)
    const errors = text(child.stderr)
    // More than a pipe holds: once it is written, the command reads, and listens to signals.
    const { stdin } = child
    await new Promise((resolve) => stdin.write(new Uint8Array(1_000_000), resolve))
    child.kill('SIGINT')
    const [code, signal]: unknown[] = await once(child, 'exit')
    assert.deepEqual([code, signal], [130, null])
    assert.match(await errors, /^nexus: Aborted: writeStream: cancelled by the caller; nothing was written\n/m)
    assert.equal((await runNexus(['stat', '/interrupted'], { cwd })).code, 3)
  })

  it('says what it can do', async () => {
    const help = await spawnNexus(['--help'], { cwd })
    assert.equal(help.code, 0)
    for (const words of ['write', 'versions|log', '--store <dir|name>', '$ nexus init'])
      assert.ok(help.stdout.includes(words), words)
    assert.match((await runNexus(['--version'], { cwd })).stdout, /^\d+\.\d+\.\d+\n$/)
    const nothing = await runNexus([], { cwd })
    assert.deepEqual([nothing.code, nothing.stdout, nothing.stderr], [2, '', help.stdout])
    const commands = [...help.stdout.matchAll(/^ {2}([a-z]+)(?:\|[a-z]+)? {2,}/gm)].map(([, name]) => name ?? '')
    assert.ok(commands.length >= 25, `only ${commands.length} commands were seen`)
    for (const name of commands) {
      const { code, stdout, stderr } = await runNexus([name, '--help'], { cwd })
      assert.deepEqual([code, stderr], [0, ''], name)
      assert.match(stdout, new RegExp(`^Usage: nexus ${name}`))
      assert.match(stdout, /\nExamples?:\n {2}\$ (?:nexus|date)/, name)
      assert.equal((await runNexus(['help', name], { cwd })).stdout, stdout)
    }
  })

  it('has help that fits a terminal of 80 columns', async () => {
    const context = new CommandContext(processTerminal(), new AbortController().signal)
    buildProgram(context)
    const names = (await context.allCommands()).map(({ name }) => name)
    assert.ok(names.includes('bench run') && names.includes('ls'))
    for (const name of ['', ...names]) {
      const { code, stdout } = await runNexus(['help', ...name.split(' ').filter(Boolean)], { cwd, isTTY: true })
      assert.equal(code, 0, name)
      const long = stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('  $ '))
      assert.deepEqual(long, [], name)
    }
  })

  it('has commands of commands, whose options are read like all others', async () => {
    const { code, stdout } = await runNexus(['bench', '--help'], { cwd })
    assert.equal(code, 0)
    assert.match(stdout, /^Usage: nexus bench <command> \[options\]\n/)
    assert.equal((await runNexus(['help', 'bench'], { cwd })).stdout, stdout)
    const combos = await runNexus(['--no-config', 'bench', 'list', 'combos'], { cwd })
    assert.match(combos.stdout, /^local-sqlite +ready/m)
    const asJson = await runNexus(['--json', 'bench', 'list', 'combos', '--no-config'], { cwd })
    assert.ok(JSON.parse(asJson.stdout).some(({ id }: { id: string }) => id === 'local-sqlite'))
    const misplaced = await runNexus(['bench', 'list', '--store', 'x'], { cwd })
    assert.deepEqual([misplaced.code, misplaced.stdout], [2, ''])
  })

  it('loads a config of TypeScript, whatever its package.json says, without remarks of Node', async () => {
    const fixture = join(cwd, 'typed')
    mkdirSync(fixture)
    writeFileSync(join(fixture, 'nexus.config.ts'), "const store: string = '../.nexus'\nexport default { store }\n")
    writeFileSync(join(fixture, 'package.json'), '{}')
    const typeless = await spawnNexus(['stat', '/', '--json'], { cwd: fixture })
    assert.deepEqual([typeless.code, typeless.stderr], [0, ''])
    writeFileSync(join(fixture, 'package.json'), '{ "type": "commonjs" }')
    const common = await spawnNexus(['stat', '/'], { cwd: fixture })
    assert.equal(common.code, 10)
    assert.match(common.stderr, /^nexus: InvalidConfig: [^\n]*; if package\.json says "type": "commonjs", rename it [^\n]*\n$/)
  })

  it('says where a config is no code, and never what it says there', async () => {
    const secret = 'hunter2secret'
    const cases: readonly [string, string, RegExp][] = [
      [
        'nexus.config.mjs',
        `export default { url: ${secret} ${secret} }`,
        /it is not valid JavaScript.*; `node --check` shows where$/,
      ],
      ['nexus.config.ts', `\nexport default { url: ${secret} ${secret} }`, /it is not valid TypeScript, line 2$/],
      ['nexus.config.mjs', `\n\nJSON.parse('${secret}')`, /it ends in a SyntaxError, line 3$/],
      ['nexus.config.ts', 'enum A { b }\nexport default {}', /such as an enum, line 1; write it as JavaScript$/],
    ]
    for (const [index, [name, content, message]] of cases.entries()) {
      const fixture = join(cwd, `broken-${index}`)
      mkdirSync(fixture)
      writeFileSync(join(fixture, name), content)
      const { code, stderr } = await spawnNexus(['ls', '--verbose'], { cwd: fixture })
      assert.equal(code, 10)
      assert.match(stderr.trimEnd(), message)
      assert.equal(stderr.includes(secret), false, stderr)
    }
  })

  it('says on a Node that does not work what to do, and asks no other', () => {
    for (const [version, works] of [
      ['20.11.1', false],
      ['24.14.9', false],
      ['24.15.0', true],
      ['25.8.2', false],
      ['25.9.0', true],
      ['26.0.0', true],
    ] as const) {
      const pretend = join(cwd, 'pretend.cjs')
      writeFileSync(pretend, `Object.defineProperty(process.versions, 'node', { value: '${version}' })\n`)
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', pretend, binary, '--version'], {
        cwd,
        encoding: 'utf8',
      })
      assert.equal(status, works ? 0 : 10, version)
      assert.equal(stdout === '', !works)
      const advice = 'install 24.15 or a later 24, or 25.9 or later'
      assert.equal(stderr, works ? '' : `nexus: MissingDependency: Node.js ${version} does not work; ${advice}\n`)
    }
  })

  it('says the same of Node as the manifests of all packages', () => {
    for (const name of ['nexusfs', 'cli', 'bench']) {
      const { engines } = JSON.parse(readFileSync(join(binary, '../../..', name, 'package.json'), 'utf8'))
      assert.deepEqual(engines, { node: '>=24.15.0 <25 || >=25.9.0' }, name)
    }
  })
})
