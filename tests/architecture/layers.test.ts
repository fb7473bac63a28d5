import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'
import { afterAll, describe, it } from 'vitest'

interface Configuration {
  readonly options: ICruiseOptions
  readonly forbidden: NonNullable<NonNullable<ICruiseOptions['ruleSet']>['forbidden']>
}

async function cruised(baseDir: string): Promise<ICruiseResult> {
  const file = pathToFileURL(join(process.cwd(), '.dependency-cruiser.mjs')).href
  const { options, forbidden } = ((await import(file)) as { default: Configuration }).default
  const tsConfig = { fileName: join(process.cwd(), 'tsconfig.test.json') }
  const { output } = await cruise(['packages'], { ...options, tsConfig, baseDir, ruleSet: { forbidden }, validate: true })
  assert.ok(typeof output === 'object')
  return output
}

describe('the layers', () => {
  let planted = ''
  afterAll(() => rm(planted, { recursive: true, force: true }))

  it('are kept by every module, and the checker sees them all', async () => {
    const { summary, modules } = await cruised(process.cwd())
    assert.ok(modules.length > 300, `only ${modules.length} modules were seen: the checker is blind`)
    assert.deepEqual(
      summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`),
      [],
    )
  })

  it('are not kept by a planted import, and the checker says so', async () => {
    planted = await mkdtemp(join(tmpdir(), 'nexus-layers-'))
    for (const part of ['core', 'fs']) await mkdir(join(planted, 'packages/nexusfs/src', part), { recursive: true })
    await writeFile(join(planted, 'packages/nexusfs/src/fs/above.ts'), 'export const above = 1\n')
    await writeFile(join(planted, 'packages/nexusfs/src/core/upwards.ts'), "export { above } from '../fs/above.ts'\n")
    const { summary } = await cruised(planted)
    assert.deepEqual(
      summary.violations.map(({ rule }) => rule.name),
      ['core-sees-only-what-is-below'],
    )
  })
})
