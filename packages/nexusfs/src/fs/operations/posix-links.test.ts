// Guards: fs/operations/symlinks.ts, fs/resolve/path-lookup.ts

import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, readFile, readlink, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import { freshSeed, seededRandom } from '../../testing/seeded-random.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { memoryFixture } from '../store.test-fixture.ts'

const seed = freshSeed()

/** What the operating system and Nexus call the same failure. */
const errnoOf: Readonly<Record<string, string>> = {
  NotFound: 'ENOENT',
  NotADirectory: 'ENOTDIR',
  IsADirectory: 'EISDIR',
  InvalidArgument: 'EINVAL',
  AlreadyExists: 'EEXIST',
}

const directories = ['/d', '/d/e', '/f', '/f/g', '/f/g/h']
const files = ['/d/x', '/d/e/y', '/f/g/h/z']
/** Names that a path may have; links get some of them. */
const names = ['d', 'e', 'f', 'g', 'h', 'x', 'y', 'z', 'l', 'm', 'n']

/** Links in random directories. The two differ on purpose where a target leads out of the root, and in a slash at its end. */
function randomLinks(pick: <T>(from: readonly T[]) => T): [path: string, target: string][] {
  const taken = new Set([...directories, ...files])
  const links: [string, string][] = []
  for (let n = 0; n < 12; n++) {
    const directory = pick(directories)
    const path = `${directory}/${pick(['l', 'm', 'n', 'x', 'g'])}`
    if (taken.has(path)) continue
    taken.add(path)
    const below = pick([pick(names), `${pick(names)}/${pick(names)}`, `${pick(names)}/../${pick(names)}`, `.//${pick(names)}`])
    const isAbsolute = pick([true, false, false])
    links.push([path, isAbsolute ? `${pick(directories)}/${below}` : `${pick(['', '', '../'])}${below}`])
  }
  return links
}

async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    if (isNexusError(error)) return error.context.errno ?? errnoOf[error.code] ?? error.code
    return error instanceof Error && 'code' in error ? error.code : String(error)
  }
}

const kindOf = (entry: { isDirectory(): boolean; isSymbolicLink(): boolean }): string =>
  entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'file'

const questions: readonly [
  name: string,
  nexus: (fs: NexusFS, path: string) => Promise<unknown>,
  local: (root: string, path: string) => Promise<unknown>,
][] = [
  ['stat', async (fs, path) => (await fs.stat(path))?.kind ?? 'nothing', async (root, path) => kindOf(await stat(root + path))],
  [
    'lstat',
    async (fs, path) => (await fs.lstat(path))?.kind ?? 'nothing',
    async (root, path) => kindOf(await lstat(root + path)),
  ],
  ['read', (fs, path) => fs.readText(path), (root, path) => readFile(root + path, 'utf8')],
  ['realpath', (fs, path) => fs.realpath(path), async (root, path) => (await realpath(root + path)).slice(root.length) || '/'],
  [
    'readlink',
    async (fs, path) => (await fs.readlink(path)).length > 0,
    async (root, path) => (await readlink(root + path)).length > 0,
  ],
]

/** A look-up that finds nothing is no failure in Nexus. */
function alike(nexus: unknown, local: unknown): boolean {
  if (nexus === 'nothing') return local === 'ENOENT' || local === 'ENOTDIR'
  return nexus === local
}

describe(`links in random trees, asked about as the operating system is (seed ${seed})`, () => {
  it('give the same answers and the same errors', async () => {
    const random = seededRandom('posix links', seed)
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random.fraction() * from.length)] ?? assert.fail()
    const top = await realpath(await mkdtemp(join(tmpdir(), 'nexus-links-')))
    const seen = new Set<unknown>()
    let differences = 0
    try {
      for (let tree = 0; tree < 25; tree++) {
        const root = join(top, `tree-${tree}`)
        await using fixture = await memoryFixture()
        const fs = await fixture.open()
        for (const path of ['', ...directories]) await mkdir(root + path)
        for (const path of directories) await fs.mkdir(path)
        for (const path of files) await Promise.all([writeFile(root + path, path), fs.write(path, path)])
        const links = randomLinks(pick)
        for (const [path, target] of links) {
          await symlink(target.startsWith('/') ? root + target : target, root + path)
          await fs.symlink(target, path)
        }
        for (let n = 0; n < 60; n++) {
          const start = pick([...directories, ...links.map(([path]) => path)])
          const path = pick([start, `${start}/${pick(names)}`, `${start}/${pick(names)}/${pick(names)}`])
          for (const [name, nexus, local] of questions) {
            const [one, other] = [await outcome(() => nexus(fs, path)), await outcome(() => local(root, path))]
            seen.add(`${name} ${other}`)
            if (alike(one, other)) continue
            differences++
            console.log(`${name} ${path}: ${one} instead of ${other}; links ${JSON.stringify(links)}`)
          }
        }
      }
    } finally {
      await rm(top, { recursive: true, force: true })
    }
    assert.equal(differences, 0)
    for (const expected of [
      'stat ENOENT',
      'stat ENOTDIR',
      'stat ELOOP',
      'read EISDIR',
      'lstat link',
      'stat file',
      'readlink EINVAL',
    ])
      assert.ok(seen.has(expected), `${expected} never came up`)
  }, 60_000)
})
