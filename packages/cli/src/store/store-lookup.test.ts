import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Outcome, runNexus, temporaryFolder } from '../testing/run-nexus.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const project = join(folder.path, 'project')
const deep = join(project, 'src', 'deep')
const configured = join(folder.path, 'configured')

/** Names the store that the command chose: each holds one file with its name. */
async function storeOf(cwd: string, argv: readonly string[] = [], env: Record<string, string> = {}): Promise<string> {
  const { stdout, stderr, code } = await runNexus(['ls', ...argv], { cwd, env })
  return code === 0 ? stdout.trimEnd() : stderr.trimEnd()
}

async function makeStore(path: string, name: string): Promise<void> {
  for (const argv of [
    ['init', path],
    ['write', `/${name}`, '--text', 'x', '--store', path],
  ]) {
    const { code, stderr } = await runNexus(argv, { cwd: folder.path })
    assert.equal(code, 0, stderr)
  }
}

beforeAll(async () => {
  mkdirSync(deep, { recursive: true })
  mkdirSync(configured)
  await makeStore(join(project, '.nexus'), 'nearest')
  await makeStore(join(configured, 'team-data'), 'team')
  await makeStore(join(folder.path, 'explicit'), 'explicit')
  await makeStore(join(folder.path, 'from-env'), 'from-env')
  const cloud = { storage: 'local:team-data', metadata: 'sqlite:team-data/meta.db', author: 'the-config' }
  writeFileSync(join(configured, 'nexus.config.json'), JSON.stringify({ store: 'team', stores: { team: './team-data', cloud } }))
})

describe('a command finds its store', () => {
  const explicit = join(folder.path, 'explicit')
  const fromEnv = { NEXUS_STORE: join(folder.path, 'from-env') }

  it('in the nearest .nexus folder up the tree', async () => {
    assert.equal(await storeOf(project), 'nearest')
    assert.equal(await storeOf(deep), 'nearest')
  })

  it('rather in the config, rather by NEXUS_STORE, rather by --store', async () => {
    assert.equal(await storeOf(configured), 'team')
    assert.equal(await storeOf(configured, [], fromEnv), 'from-env')
    assert.equal(await storeOf(configured, ['--store', explicit], fromEnv), 'explicit')
    const layers = ['--storage', `local:${explicit}`, '--metadata', `sqlite:${join(explicit, 'meta.db')}`]
    assert.equal(await storeOf(configured, layers, fromEnv), 'explicit')
  })

  it('by its name in the config', async () => {
    assert.equal(await storeOf(configured, ['--store', 'cloud']), 'team')
    assert.equal(await storeOf(configured, [], { NEXUS_STORE: 'cloud' }), 'team')
    assert.match(await storeOf(configured, ['--store', 'clowd']), /no store is called "clowd" \(did you mean "cloud"\?\)/)
  })

  it('without the config where that is asked for', async () => {
    const none = 'nexus: InvalidConfig: no store here; run `nexus init`'
    assert.equal(await storeOf(configured, ['--no-config']), none)
    const broken = join(folder.path, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'nexus.config.json'), '{ "stores": { "a": { "storage": "x" } } }')
    assert.match(
      await storeOf(broken),
      /^nexus: InvalidConfig: .*nexus\.config\.json at stores\.a\.metadata: this key is missing$/,
    )
    assert.equal(await storeOf(broken, ['--no-config']), none)
    assert.equal(await storeOf(broken, ['--store', explicit]), 'explicit')
  })

  it('or says so, and makes none', async () => {
    const empty = join(folder.path, 'empty')
    mkdirSync(empty)
    for (const argv of [['ls'], ['write', '/a', '--text', 'x'], ['import', '.', '/x'], ['mkdir', '/d'], ['usage']]) {
      const outcome: Outcome = await runNexus(argv, { cwd: empty })
      assert.equal(outcome.code, 10, argv.join(' '))
      assert.equal(outcome.stderr, 'nexus: InvalidConfig: no store here; run `nexus init`\n')
    }
    const absent = await runNexus(['write', '/a', '--text', 'x', '--store', './new'], { cwd: empty })
    assert.equal(absent.code, 10)
    assert.equal(existsSync(join(empty, 'new')), false)
  })

  it('and tells with --verbose which it is, and why', async () => {
    const why = async (cwd: string, argv: readonly string[] = [], env: Record<string, string> = {}): Promise<string> =>
      (await runNexus(['ls', '--verbose', ...argv], { cwd, env })).stderr
    assert.equal(await why(deep), `nexus: store ${join(project, '.nexus')} (the nearest .nexus folder)\n`)
    assert.match(await why(configured), /team-data \(store in .*configured\/nexus\.config\.json\)\n$/)
    assert.match(await why(configured, [], fromEnv), /from-env \(NEXUS_STORE\)\n$/)
    const cloud = /nexus: store local:team-data with sqlite:team-data\/meta\.db \(.*"cloud" in .*nexus\.config\.json\)\n$/
    assert.match(await why(configured, ['--store', 'cloud']), cloud)
  })

  it('whatever variables of services say', async () => {
    const names = ['NEXUS_DATABASE_URL', 'POSTGRES_URL', 'REDIS_URL', 'AWS_BUCKET', 'GCS_BUCKET', 'AWS_ENDPOINT_URL']
    const env = Object.fromEntries(names.map((name) => [name, 'postgres://wrong:wrong@127.0.0.1:1/wrong']))
    assert.equal(await storeOf(project, [], env), 'nearest')
    assert.equal(await storeOf(configured, ['--store', explicit], { ...env, NEXUS_STORE: '/nowhere' }), 'explicit')
  })
})

describe('the author', () => {
  it('is --author, else NEXUS_AUTHOR, else that of the config', async () => {
    const authorOf = async (argv: readonly string[], env: Record<string, string>): Promise<unknown> => {
      const line = ['write', '/who', '--text', 'x', '--json', '--store', 'cloud', ...argv]
      return JSON.parse((await runNexus(line, { cwd: configured, env })).stdout).author
    }
    assert.equal(await authorOf(['--author', 'me'], { NEXUS_AUTHOR: 'the-env' }), 'me')
    assert.equal(await authorOf([], { NEXUS_AUTHOR: 'the-env' }), 'the-env')
    assert.equal(await authorOf([], {}), 'the-config')
  })

  it('may be given in front of the command, too', async () => {
    const { stdout } = await runNexus(['--author', 'me', '--store', 'cloud', '--json', 'write', '/who', '--text', 'x'], {
      cwd: configured,
    })
    assert.equal(JSON.parse(stdout).author, 'me')
  })
})
