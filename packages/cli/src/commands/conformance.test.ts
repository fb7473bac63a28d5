import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, it } from 'vitest'
import { runNexus, temporaryFolder } from '../testing/run-nexus.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const cwd = folder.path

const memory = join(import.meta.dirname, '../../../nexusfs/src/storage-backends/memory/memory-backend.ts')
writeFileSync(
  join(cwd, 'nexus.config.mjs'),
  `import { MemoryBackend } from ${JSON.stringify(pathToFileURL(memory).href)}
   const disposed = (globalThis.disposedByConformance = [])
   class Forgetful extends MemoryBackend {
     static async open({ name }) {
       const backend = await MemoryBackend.open({ name })
       return Object.assign(Object.create(backend), {
         info: backend.info,
         put: (key, body, options) => backend.put(key, body, options),
         get: (key, options) => backend.get(key, options),
         stream: (key, options) => backend.stream(key, options),
         stat: (keys, options) => backend.stat(keys, options),
         list: (options) => backend.list(options),
         stage: (body, options) => backend.stage(body, options),
         close: () => backend.close(),
         delete: async () => {},
       })
     }
   }
   const said = (backend) => Object.assign(Object.create(backend), { info: { ...backend.info, isShared: true } })
   const shared = (backend) => new Proxy(said(backend), {
     get: (target, name) => (name === 'info' ? target.info : typeof backend[name] === 'function' ? backend[name].bind(backend) : backend[name]),
   })
   const traits = { durability: 'none', inProcess: true }
   export default {
     stores: { pair: { storage: 'forgetful:x', metadata: 'memory:x' } },
     storages: {
       gated: { traits, env: { any: [['GATED_URL', 'GATED_HOST']] }, open: async () => { throw new Error('opened') } },
       alone: { traits, open: async ({ namespace }) => shared(await MemoryBackend.open({ name: namespace })) },
       forgetful: {
         traits,
         open: ({ namespace, uri }) => Forgetful.open({ name: namespace }),
         dispose: async (port, { namespace }) => { disposed.push(namespace); MemoryBackend.drop(namespace) },
       },
     },
   }`,
)

describe('conformance', () => {
  it('counts the laws that an adapter keeps', async () => {
    const { code, stdout, stderr } = await runNexus(['conformance', 'memory', '--law', 'put-atomic'], { cwd, isTTY: true })
    assert.equal(code, 2, 'a law of one port is not a law of both')
    assert.match(stderr, /there is no law put-atomic; they are called abort-\*, arrays-\*, backup-\*, close-\*/)
    assert.match(stdout, /^memory storage: 1 kept, 0 broken, 0 skipped \(seed \d+\)\n/)
    const some = await runNexus(['conformance', 'memory', '--layer', 'storage', '--law', 'put-at*', '*-idempotent'], { cwd })
    assert.match(some.stdout, /^memory storage: [2-9] kept, 0 broken/)
    const one = await runNexus(['conformance', 'memory', '--layer', 'storage', '--law', 'put-atomic', '--seed', '7'], { cwd })
    assert.deepEqual([one.code, one.stdout, one.stderr], [0, 'memory storage: 1 kept, 0 broken, 0 skipped (seed 7)\n', ''])
  })

  it('shows a broken law with the command that repeats it, and ends with 1', async () => {
    const { code, stdout, stderr } = await runNexus(['conformance', 'forgetful', '--seed', '42'], { cwd })
    assert.equal(code, 1)
    assert.equal(stderr, '')
    assert.match(stdout, /forgetful breaks the law delete-[a-z-]+: /)
    assert.match(stdout, /replay: +nexus conformance forgetful --layer storage --law delete-[a-z-]+ --seed 42\n/)
    assert.match(
      stdout,
      /forgetful storage: \d+ kept, [1-9]\d* broken, \d+ skipped \(seed 42\)\na replay repeats .* run it some times without its seed\n$/,
    )
    const disposed: unknown = Reflect.get(globalThis, 'disposedByConformance')
    assert.ok(Array.isArray(disposed) && disposed.length > 30, 'every namespace is removed')
  })

  it('starts a second process for an adapter that processes share, from the same config', async () => {
    const { code, stdout } = await runNexus(['conformance', 'alone', '--law', 'clients-*', 'processes-*'], { cwd })
    assert.equal(code, 1)
    assert.match(stdout, /alone breaks the law processes-see-puts: /)
    assert.match(stdout, /alone storage: 3 kept, 4 broken, 0 skipped/)
  })

  it('says in one line that an adapter cannot be opened', async () => {
    const { code, stdout, stderr } = await runNexus(['conformance', 'gated'], { cwd, env: { GATED_URL: 'x' } })
    assert.deepEqual([code, stdout], [70, ''])
    assert.equal(
      stderr,
      'nexus: Unexpected: gated cannot be opened: Error: opened; no law was checked; run it again with --verbose, and report what it says\n',
    )
  })

  it('says which variables an adapter lacks', async () => {
    const { code, stderr } = await runNexus(['conformance', 'gated'], { cwd, env: { GATED_URL: '' } })
    assert.deepEqual([code, stderr], [10, 'nexus: InvalidConfig: gated is not configured; set GATED_URL or GATED_HOST\n'])
  })

  it('reports in JSON', async () => {
    const { code, stdout } = await runNexus(['conformance', 'pair', '--layer', 'storage', '--json'], { cwd })
    assert.equal(code, 1)
    const [report, ...others] = JSON.parse(stdout).reports
    assert.deepEqual(others, [])
    assert.equal(report.subject, 'forgetful')
    assert.equal(report.passed + report.failed + report.skipped, report.results.length)
    const failed = report.results.find(({ status }: { status: string }) => status === 'failed')
    assert.match(failed.reproduction, /nexus conformance pair --layer storage --law/)
  })

  it('makes its namespaces where the URI says, and removes them', async () => {
    const fixture = join(cwd, 'disk')
    mkdirSync(fixture)
    const temporary = join(cwd, 'tmp')
    mkdirSync(temporary)
    const { TMPDIR = tmpdir() } = process.env
    process.env.TMPDIR = temporary
    const laws = ['put-atomic', 'list-pages', 'delete-absent']
    const storage = await runNexus(['conformance', 'local:disk', '--law', ...laws], { cwd })
    assert.match(storage.stdout, /^local storage: 3 kept/)
    const metadata = await runNexus(['conformance', 'sqlite:disk/meta.db', '--law', 'commit-atomic', '--json'], { cwd })
    assert.equal(JSON.parse(metadata.stdout).reports[0].passed, 1)
    assert.deepEqual(readdirSync(fixture), [])
    process.env.TMPDIR = TMPDIR
    assert.deepEqual(readdirSync(temporary), [])
  })
})
