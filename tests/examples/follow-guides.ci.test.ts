// Guards: docs/guide/add-a-*.md, examples/**/*.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { blocksOf, placeOf, root } from '../docs/documents.ts'
import { matchesShown } from '../docs/matches-shown.ts'
import { commandsShown, type Guide, guides, shownFiles } from './guides.ts'

const run = promisify(execFile)
const tsc = join(root, 'node_modules/typescript/bin/tsc')

let place = ''

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'nexus-guides-'))
  await run(process.execPath, [tsc, '-b'], { cwd: root })
})
afterAll(() => rm(place, { recursive: true, force: true }))

for (const guide of guides) {
  describe(`${guide.document}, followed from an empty folder with the packed library`, () => {
    let folder = ''

    beforeAll(async () => {
      folder = join(place, guide.layer)
      await mkdir(join(folder, 'packed'), { recursive: true })
      await pack(folder)
      for (const [name, text] of shownFiles(guide)) await writeFile(join(folder, name), text)
      // The reader installs what is newest; the test what the example was last checked with.
      await copyFile(join(guide.example, 'package-lock.json'), join(folder, 'package-lock.json'))
    })

    it('prints what it says, command by command', async () => {
      const commands = commandsShown(guide)
      assert.ok(commands.length >= 4, `only ${commands.length} commands were found`)
      for (const { block, prints } of commands) {
        const printed = await shell(block.text, folder)
        assert.ok(prints === undefined || matchesShown(printed, prints), `${placeOf(block)} prints otherwise:\n${printed}`)
      }
    })

    it('has code that type-checks', async () => {
      await copyFile(join(guide.example, 'tsconfig.json'), join(folder, 'tsconfig.json'))
      await run(process.execPath, [tsc, '-p', folder, '--typeRoots', join(root, 'node_modules/@types')])
    })

    it('makes combinations that are ready', async () => {
      const name = guide.layer === 'metadata' ? 'local-level' : 'folder-sqlite'
      const combos: unknown = JSON.parse(await shell('npx nexus bench list combos --json', folder))
      assert.ok(Array.isArray(combos))
      assert.equal(combos.find(({ id }) => id === name)?.status, 'ready')
    })
  })
}

/** Runs the guide's own command; both guides pack in the same way. */
async function pack(folder: string): Promise<void> {
  const shown = guides.flatMap(({ document }: Guide) => blocksOf(document)).find(({ file }) => file === 'pack')
  assert.ok(shown, 'no guide shows how to pack')
  await run('bash', ['-c', shown.text.replace('PROJECT', folder)], { cwd: root, env: environment() })
}

async function shell(script: string, cwd: string): Promise<string> {
  const { stdout } = await run('bash', ['-eo', 'pipefail', '-c', script], {
    cwd,
    env: environment(),
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

/** Variables of the test runner, of the npm script it runs in and of Nexus, which a reader's shell does not have. */
const notOfAReader =
  /^(VITEST|NODE_(OPTIONS|ENV|PATH|CHANNEL)|NEXUS_|npm_(package|lifecycle|config_(local_)?prefix|config_workspace))/

function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !notOfAReader.test(name))
  const path = [dirname(process.execPath), process.env.PATH ?? '/usr/bin:/bin'].join(delimiter)
  return { ...Object.fromEntries(own), PATH: path, NEXUS_AUTHOR: 'you', NO_COLOR: '1', npm_config_audit: 'false' }
}
