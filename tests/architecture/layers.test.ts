// Guards: .dependency-cruiser.mjs

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
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

/** A lower room, a room above it, and the rule that an import of the upper one breaks. */
const upwards = [
  ['nexusfs/src/core', 'nexusfs/src/fs', 'core-sees-only-what-is-below'],
  ['cli/src/output', 'cli/src/commands', 'cli-output-sees-only-what-is-below'],
  ['bench/src/selection', 'bench/src/report', 'bench-selection-sees-only-what-is-below'],
  ['bench/src/results', 'bench/src/runner', 'bench-results-sees-only-what-is-below'],
] as const

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

  it('are not kept by planted imports, and the checker says so of each', async () => {
    planted = await mkdtemp(join(tmpdir(), 'nexus-layers-'))
    for (const [lower, upper] of upwards) {
      for (const room of [lower, upper]) await mkdir(join(planted, 'packages', room), { recursive: true })
      await writeFile(join(planted, 'packages', upper, 'above.ts'), 'export const above = 1\n')
      const way = relative(lower, join(upper, 'above.ts'))
      await writeFile(join(planted, 'packages', lower, 'upwards.ts'), `export { above } from '${way}'\n`)
    }
    const { summary } = await cruised(planted)
    assert.deepEqual(summary.violations.map(({ rule }) => rule.name).toSorted(), upwards.map(([, , rule]) => rule).toSorted())
  })
})
