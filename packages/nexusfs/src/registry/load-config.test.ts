import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
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
      ['nexus.config.json', '{ "store": ', /nexus\.config\.json: it cannot be loaded: it is not valid JSON, line 1, column 12$/],
      [
        'nexus.config.js',
        'export default {}',
        /nexus\.config\.js: a config of this ending is not loaded; call it nexus\.config\.mjs/,
      ],
      ['nexus.config.mjs', "throw new Error('no luck\\nsecond line')", /it cannot be loaded: no luck$/],
      ['nexus.config.mjs', 'export const store = 1', /nexus\.config\.mjs: it exports no config; write "export default/],
      ['nexus.config.mjs', 'export default { storess: {} }', /nexus\.config\.mjs at storess: unknown key "storess"/],
    ]
    for (const [name, content, message] of problems) {
      await assert.rejects(loadConfig(folderWith(name, content)), { code: 'InvalidConfig', message })
    }
  })

  it('never repeats the text of a config that cannot be parsed', async () => {
    const password = 'hunter2secret'
    const broken: readonly [string, string][] = [
      ['nexus.config.json', `{"password":${password}}`],
      ['nexus.config.json', `{"password":"${password}`],
    ]
    for (const [name, content] of broken) {
      const error: unknown = await loadConfig(folderWith(name, content)).catch((thrown: unknown) => thrown)
      assert.ok(error instanceof Error)
      assert.match(error.message, /it cannot be loaded: it is not valid /)
      assert.equal(error.message.includes(password), false, error.message)
      assert.equal(error.cause, undefined, 'its message would quote the text, too')
    }
  })

  it('refuses two configs side by side', async () => {
    const folder = folderWith('nexus.config.json', '{}')
    writeFileSync(join(folder, 'nexus.config.mjs'), 'export default {}')
    await assert.rejects(loadConfig(folder), { code: 'InvalidConfig', message: /two configs stand side by side/ })
  })
})
