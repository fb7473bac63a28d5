import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { makeQuickFixture, type Outcome, runNexus, temporaryFolder } from '../testing/run-nexus.ts'
import { exitCodes } from './report-error.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const cwd = join(folder.path, 'fixture')

function nexus(...argv: readonly string[]): Promise<Outcome> {
  return runNexus(argv, { cwd })
}

beforeAll(async () => {
  makeQuickFixture(cwd)
  await nexus('init', '--store', 'quick')
  await nexus('write', '/a', '--text', 'x')
  await nexus('mkdir', '/d')
})

/** A config whose storage fails to open with each code there is, and in stranger ways. */
function failingFixture(): string {
  const fixture = join(folder.path, 'failing')
  mkdirSync(fixture, { recursive: true })
  writeFileSync(
    join(fixture, 'nexus.config.mjs'),
    `const failure = (code) => Object.assign(new Error('it failed; try it again'), { name: 'NexusError', code, retry: 'never', context: {} })
     const adapter = { traits: { durability: 'none' }, open: async () => { throw new Error('unused') } }
     export default { storages: {
       failing: { ...adapter, openUri: async (uri) => { throw failure(uri.slice('failing:'.length)) } },
       strange: { ...adapter, openUri: async (uri) => {
         if (uri === 'strange:bare') throw Object.assign(new Error('bare'), { name: 'NexusError', code: 'Timeout' })
         if (uri === 'strange:code') throw failure('NoSuchCode')
         if (uri === 'strange:text') throw 'just text'
         if (uri === 'strange:lines') throw new Error('first\\nsecond acme://me:secret@host', { cause: new Error('the reason') })
         return {}
       } } } }`,
  )
  return fixture
}

describe('an error', () => {
  it('ends the command with the exit code of its code', async () => {
    const fixture = failingFixture()
    for (const [code, exit] of Object.entries(exitCodes)) {
      const outcome = await runNexus(['init', '--storage', `failing:${code}`, '--metadata', 'memory:'], { cwd: fixture })
      // A store that is not there is made by init: the second attempt then reports what it meets.
      assert.equal(outcome.code, exit, code)
      assert.equal(outcome.stderr, `nexus: ${code}: it failed; try it again\n`)
      assert.equal(outcome.stdout, '')
    }
  })

  it('is one line on stderr, with what to do, and without stack or secret', async () => {
    const fixture = failingFixture()
    const cases: readonly [readonly string[], number, RegExp][] = [
      [['cat', '/nope'], 3, /^nexus: NotFound: \/nope does not exist; `nexus ls` shows what is there$/],
      [['stat', '/nope'], 3, /^nexus: NotFound: nothing stands at \/nope; /],
      [['cat', '/d'], 3, /^nexus: IsADirectory: \/d is a directory; `nexus ls` lists a directory$/],
      [['write', '/a/b', '--text', 'x'], 3, /^nexus: NotADirectory: \/a\/b: \/a is a file; `nexus stat` shows/],
      [['cat', 'a'], 2, /^nexus: InvalidPath: invalid path "a": write it from the root/],
      [['cat', '/a/../b'], 2, /^nexus: InvalidPath: .*"\.\." is not resolved/],
      [['write', '/a', '--text', 'x', '--if-match', 'v9'], 4, /^nexus: Conflict: \/a .*; read it again/],
      [['write', '/x', 'nofile'], 3, /^nexus: NotFound: cannot read nofile: .*; check the name$/],
      [['write', '/x', '.'], 3, /^nexus: IsADirectory: cannot read \.: .*; `nexus import` takes whole folders$/],
      [['write', '/x', 'f', '--text', 'x'], 2, /given twice; give either/],
      [['ls', '--storage', 'memory:', '--metadata', 'postgres://me:secret@127.0.0.1:1/n'], 8, /^nexus: Unavailable: /],
      [
        ['ls', '--storage', 'azure://me:secret@bucket', '--metadata', 'memory:'],
        10,
        /^nexus: InvalidConfig: azure: the URI holds a user/,
      ],
      [
        ['ls', '--storage', 'gs://me:secret@bucket', '--metadata', 'memory:'],
        10,
        /^nexus: InvalidConfig: gs: the URI holds a user/,
      ],
      [
        ['ls', '--storage', 's3://me:secret@bucket', '--metadata', 'memory:'],
        10,
        /^nexus: InvalidConfig: s3: the URI holds a user/,
      ],
      [['ls', '--storage', 'locl:x', '--metadata', 'memory:'], 2, /"locl:" \(did you mean "local"\?\)/],
      [['ls', '--storage', 'local:x'], 2, /storage is named without metadata/],
      [['init', 'x', '--store', 'quick'], 2, /named twice/],
      [['conformance', 'sqllite'], 2, /no adapter is called "sqllite" \(did you mean "sqlite"\?\)/],
      [['ls', '--store', './nowhere'], 10, /^nexus: InvalidConfig: no store in .*nowhere; run `nexus init .*nowhere`$/],
    ]
    for (const [argv, code, message] of cases) await assertError(await nexus(...argv), code, message, argv)
    const strange: readonly [string, number, RegExp][] = [
      ['bare', 8, /^nexus: Timeout: bare$/],
      ['code', 70, /^nexus: Unexpected: it failed/],
      ['text', 70, /^nexus: Unexpected: .* cannot be opened: just text; run it again with --verbose/],
      ['lines', 70, /^nexus: Unexpected: .* first\\nsecond acme:\/\/\*\*\*@host; run it again/],
      ['port', 2, /^nexus: InvalidArgument: strange:port: the storage backend must be an open adapter, not an object/],
    ]
    for (const [name, code, message] of strange) {
      const argv = ['ls', '--storage', `strange:${name}`, '--metadata', 'memory:']
      await assertError(await runNexus(argv, { cwd: fixture }), code, message, argv)
    }
  })

  it('shows its causes with --verbose or NEXUS_DEBUG, never a stack', async () => {
    const fixture = failingFixture()
    const argv = ['ls', '--storage', 'strange:lines', '--metadata', 'memory:']
    for (const run of [{ cwd: fixture, env: { NEXUS_DEBUG: '1' } }, { cwd: fixture }]) {
      const { stderr } = await runNexus('env' in run ? argv : [...argv, '--verbose'], run)
      assert.match(stderr, /\n {2}because: Error: first\\nsecond acme:\/\/\*\*\*@host\n {2}because: Error: the reason\n$/)
      assert.doesNotMatch(stderr, /^\s*at /m)
    }
  })

  it('is a JSON value on stderr with --json', async () => {
    const { stdout, stderr, code } = await nexus('cat', '/nope', '--json')
    assert.equal(stdout, '')
    assert.equal(code, 3)
    assert.deepEqual(JSON.parse(stderr), {
      error: {
        code: 'NotFound',
        message: '/nope does not exist; `nexus ls` shows what is there',
        retry: 'never',
        exit: 3,
        context: { path: '/nope' },
      },
    })
    assert.equal(stderr.trimEnd().split('\n').length, 1)
  })

  it('has paths in its context that a program can compare with its own', async () => {
    const path = '/no\nline\\n'
    const { stderr } = await nexus('cat', path, '--json')
    assert.equal(JSON.parse(stderr).error.context.path, path)
    assert.equal(JSON.parse((await nexus('stat', path, '--json')).stderr).error.context.path, path)
  })

  it('of the command line itself is a usage error that names the help', async () => {
    const cases: readonly [readonly string[], RegExp][] = [
      [['lss'], /unknown command 'lss' \(did you mean ls\?\); see `nexus --help`$/],
      [['ls', '--lng'], /unknown option '--lng' \(did you mean --long\?\); see `nexus ls --help`$/],
      [['cat'], /missing required argument 'paths'; see `nexus cat --help`$/],
      [['stat', '/a', '/b'], /too many arguments for 'stat': expected 1 argument but got 2.*; see `nexus stat --help`$/],
      [['history'], /unknown command 'history' \(did you mean versions\?\); see `nexus --help`$/],
      [['remove', '/a'], /unknown command 'remove' \(did you mean rm\?\); see `nexus --help`$/],
      [['frobnicate'], /unknown command 'frobnicate'; see `nexus --help`$/],
      [['cat', '/a', '--version', '0'], /'0' is wrong for --version <n>: write a whole number from 1/],
      [['rollback', '/a', 'x'], /'x' is wrong for <version>: write a whole number from 1/],
      [['import', '.', '/x', '--links', 'all'], /'all' is wrong for --links <how>: Allowed choices are/],
      [['write', '/a', '--text'], /option '--text <text>' argument missing; see `nexus write --help`$/],
      [['help', 'nope'], /unknown command 'nope'/],
      [['help', 'bench', 'nope'], /unknown command 'bench nope'/],
      [['help', 'rm', '/a'], /unknown command 'rm \/a'/],
    ]
    for (const [argv, message] of cases) {
      await assertError(await nexus(...argv), 2, message, argv)
      const { stderr, code } = await nexus('--json', ...argv)
      assert.equal(code, 2)
      assert.equal(JSON.parse(stderr).error.code, 'InvalidArgument')
    }
  })
})

async function assertError(outcome: Outcome, code: number, message: RegExp, argv: readonly string[]): Promise<void> {
  const line = argv.join(' ')
  assert.match(outcome.stderr.trimEnd(), message, line)
  assert.equal(outcome.stderr.indexOf('\n'), outcome.stderr.length - 1, `one line: ${line}`)
  assert.equal(outcome.code, code, line)
  assert.equal(outcome.stdout, '', line)
  assert.equal(outcome.stderr.includes('secret'), false, line)
}

describe('damage', () => {
  it('of content puts not one byte on stdout', async () => {
    await nexus('write', '/big', '--text', 'content '.repeat(40_000))
    const blobs = join(cwd, '.nexus', 'blobs')
    const [blob] = readdirSync(blobs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    assert.ok(blob, 'the content is in a blob')
    const file = join(blob.parentPath, blob.name)
    chmodSync(file, 0o600)
    writeFileSync(file, 'Content '.repeat(40_000))
    const { code, stdout, stderr } = await nexus('cat', '/big')
    assert.equal(stdout, '')
    assert.equal(code, 7)
    assert.match(stderr, /^nexus: Corrupt: \/big.*\n$/)
    const exported = await nexus('export', '/big', 'out')
    assert.equal(exported.code, 7)
    assert.equal((await nexus('cat', '/a')).stdout, 'x')
  })

  it('of the database is one typed error', async () => {
    const fixture = join(folder.path, 'damaged')
    makeQuickFixture(fixture)
    await runNexus(['init', '--store', 'quick'], { cwd: fixture })
    writeFileSync(
      join(fixture, '.nexus', 'meta.db'),
      'this is not a database, and it is long enough to be read as one'.repeat(100),
    )
    const { code, stdout, stderr } = await runNexus(['ls'], { cwd: fixture })
    assert.equal(stdout, '')
    assert.equal(code, 7, stderr)
    assert.match(stderr, /^nexus: Corrupt: [^\n]*\n$/)
  })

  it('of permissions is told before anything is read', async () => {
    const fixture = join(folder.path, 'open-to-all')
    makeQuickFixture(fixture)
    await runNexus(['init', '--store', 'quick'], { cwd: fixture })
    chmodSync(join(fixture, '.nexus'), 0o777)
    const { code, stderr } = await runNexus(['ls'], { cwd: fixture })
    assert.equal(code, 5)
    assert.match(stderr, /^nexus: PermissionDenied: .*every user may write.*; run chmod o-w on it\n$/)
  })
})
