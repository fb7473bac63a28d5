import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { loadConfig } from './load-config.ts'
import { locateStore } from './locate-store.ts'
import { openNexus } from './open-nexus.ts'
import { foldersUp } from './search-up.ts'

const made: string[] = []
afterAll(() => made.forEach((folder) => void rmSync(folder, { recursive: true, force: true })))

function fresh(parent: string = tmpdir()): string {
  const folder = realpathSync(mkdtempSync(join(parent, 'nexus-search-')))
  made.push(folder)
  return folder
}

const stranger = 12345
const isRoot = process.geteuid?.() === 0

function hasOwnDevice(folder: string): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false })
  return stats !== undefined && stats.dev !== statSync(dirname(folder)).dev
}

describe('the search upwards', () => {
  it('goes from the working directory to the root', async () => {
    const folder = fresh()
    const found = await foldersUp(join(folder, 'absent'), { HOME: '/nowhere' })
    assert.deepEqual(found.slice(0, 3), [join(folder, 'absent'), folder, dirname(folder)])
  })

  it('ends at the home folder, which still counts', async () => {
    const home = fresh()
    mkdirSync(join(home, 'project'))
    assert.deepEqual(await foldersUp(join(home, 'project'), { HOME: home }), [join(home, 'project'), home])
    assert.deepEqual(await foldersUp(home, { HOME: home }), [home])
  })

  it.runIf(hasOwnDevice('/dev/shm'))('does not enter another file system', async () => {
    const folder = fresh('/dev/shm')
    assert.deepEqual(await foldersUp(folder, { HOME: '/nowhere' }), [folder, '/dev/shm'])
  })
})

interface Fixture {
  readonly folder: string
  readonly below: string
  readonly around: Parameters<typeof locateStore>[1]
}

/** A folder with a store, and one below it, from which it is looked for. */
async function fixture(env: Record<string, string> = {}): Promise<Fixture> {
  const folder = fresh()
  const below = join(folder, 'below')
  mkdirSync(below)
  await (await openNexus(join(folder, '.nexus'), { durability: 'os' })).close()
  return { folder, below, around: { cwd: below, env, config: async () => undefined } }
}

describe.runIf(isRoot)('what another user left where it is found', () => {
  it('is no store for us, whoever of store, folder and link is theirs', async () => {
    const { folder, around } = await fixture()
    for (const foreign of ['.nexus', '.']) {
      chownSync(join(folder, foreign), stranger, stranger)
      const advice = `name it with --store to use it, or set NEXUS_SAFE_DIRECTORY=${folder} to trust it`
      const what = foreign === '.' ? 'the folder that holds it' : 'it'
      await assert.rejects(locateStore({}, around), {
        code: 'InvalidConfig',
        message: `${join(folder, '.nexus')}: ${what} belongs to another user (uid ${stranger}), and it was not asked for by name; ${advice}`,
      })
      chownSync(join(folder, foreign), 0, 0)
    }
    const linked = fresh()
    symlinkSync(join(folder, '.nexus'), join(linked, '.nexus'))
    assert.equal((await locateStore({}, { ...around, cwd: linked })).location.kind, 'folder')
    chownSync(join(folder, '.nexus'), stranger, stranger)
    await assert.rejects(locateStore({}, { ...around, cwd: linked }), { code: 'InvalidConfig', message: /another user/ })
  })

  it('is a store where it is asked for by name, or trusted', async () => {
    const { folder, around } = await fixture()
    chownSync(join(folder, '.nexus'), stranger, stranger)
    const found = { kind: 'folder', folder: join(folder, '.nexus') }
    assert.deepEqual((await locateStore({ store: '../.nexus' }, around)).location, found)
    assert.deepEqual((await locateStore({}, { ...around, env: { NEXUS_STORE: found.folder } })).location, found)
    for (const list of [folder, `/nowhere:${folder}/`, `${tmpdir()}/*`, '*']) {
      const env = { NEXUS_SAFE_DIRECTORY: list }
      assert.deepEqual((await locateStore({}, { ...around, env })).location, found, list)
    }
    for (const list of ['', ':', join(folder, '.nexus'), `${folder}-other`, `${folder}x/*`, dirname(folder)]) {
      const env = { NEXUS_SAFE_DIRECTORY: list }
      await assert.rejects(locateStore({}, { ...around, env }), { code: 'InvalidConfig' }, list)
    }
  })

  it('is no config for us, also in a folder of theirs', async () => {
    const folder = fresh()
    const file = join(folder, 'nexus.config.mjs')
    writeFileSync(file, "throw new Error('it ran')")
    chownSync(folder, stranger, stranger)
    chownSync(file, stranger, stranger)
    const refused = {
      code: 'InvalidConfig',
      message: /another user \(uid 12345\).*; go without configs \(--no-config\), or set NEXUS_SAFE/,
    }
    await assert.rejects(loadConfig(folder, {}), refused)
    await assert.rejects(openNexus({ cwd: folder, env: {} }), refused)
    chownSync(file, 0, 0)
    await assert.rejects(loadConfig(folder, {}), { message: /the folder that holds it belongs to another user/ })
    await assert.rejects(loadConfig(folder, { NEXUS_SAFE_DIRECTORY: folder }), { message: /it cannot be loaded: it ran/ })
  })
})
