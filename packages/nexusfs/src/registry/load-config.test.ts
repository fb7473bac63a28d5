import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { loadConfig } from './load-config.ts'

const base = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-config-')))
afterAll(() => rmSync(base, { recursive: true, force: true }))

let folders = 0

/** A fresh folder with a config; modules are loaded once for each path. */
function folderWith(name: string, content: string): string {
  const folder = join(base, `case-${folders++}`)
  mkdirSync(join(folder, 'deep', 'down'), { recursive: true })
  writeFileSync(join(folder, name), content)
  return folder
}

describe('loadConfig', () => {
  it('finds the nearest config in the folder and those above it', async () => {
    const folder = folderWith('nexus.config.json', '{ "store": "./outer" }')
    const nested = join(folder, 'deep')
    assert.equal((await loadConfig(join(nested, 'down')))?.file, join(folder, 'nexus.config.json'))
    writeFileSync(join(nested, 'nexus.config.json'), '{ "store": "./inner" }')
    const found = await loadConfig(join(nested, 'down'))
    assert.deepEqual(found, { config: { store: './inner' }, file: join(nested, 'nexus.config.json'), folder: nested })
  })

  it('loads TypeScript and JavaScript modules', async () => {
    const typed = folderWith('nexus.config.ts', "const store: string = './data'\nexport default { store }\n")
    assert.deepEqual((await loadConfig(typed))?.config, { store: './data' })
    const plain = folderWith('nexus.config.mjs', "export default { stores: { team: './team' } }\n")
    assert.deepEqual((await loadConfig(plain))?.config, { stores: { team: './team' } })
  })

  it('has nothing to say where there is no config', async () => {
    assert.equal(await loadConfig(base), undefined)
    assert.equal(await loadConfig(join(base, 'absent')), undefined)
  })

  it('names the file of a config that cannot be loaded', async () => {
    const problems: readonly [string, string, RegExp][] = [
      ['nexus.config.json', '{ "store": ', /nexus\.config\.json: it cannot be loaded: /],
      ['nexus.config.mjs', 'export default {', /nexus\.config\.mjs: it cannot be loaded: /],
      ['nexus.config.mjs', "throw new Error('no luck\\nsecond line')", /it cannot be loaded: no luck$/],
      ['nexus.config.mjs', 'export const store = 1', /nexus\.config\.mjs: it exports no config; write "export default/],
      ['nexus.config.mjs', 'export default { storess: {} }', /nexus\.config\.mjs at storess: unknown key "storess"/],
    ]
    for (const [name, content, message] of problems) {
      await assert.rejects(loadConfig(folderWith(name, content)), { code: 'InvalidConfig', message })
    }
  })

  it('refuses two configs side by side', async () => {
    const folder = folderWith('nexus.config.json', '{}')
    writeFileSync(join(folder, 'nexus.config.mjs'), 'export default {}')
    await assert.rejects(loadConfig(folder), { code: 'InvalidConfig', message: /two configs stand side by side/ })
  })

  it.runIf(process.getuid?.() === 0)('does not run a config that another user left above the working directory', async () => {
    const folder = folderWith('nexus.config.mjs', "throw new Error('it ran')")
    chownSync(join(folder, 'nexus.config.mjs'), 12345, 12345)
    await assert.rejects(loadConfig(join(folder, 'deep')), { code: 'InvalidConfig', message: /belongs to another user/ })
  })
})
