// Guards: packages/cli/src/**/*.ts, scripts/bundle-command.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'

const run = promisify(execFile)
const nexus = join(process.cwd(), 'packages/cli/bin/nexus.js')

let folder = ''
let env: NodeJS.ProcessEnv = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-start-up-'))
  await run('npm', ['run', '-s', 'build'])
  env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') }
  await writeFile(
    join(folder, 'meter.cjs'),
    "process.on('exit', () => { const { user, system } = process.cpuUsage(); console.error(user + system) })",
  )
  await run(process.execPath, [nexus, 'init'], { cwd: folder, env })
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Processor time of a whole process, which a busy machine changes less than the clock. */
async function microseconds(argv: readonly string[]): Promise<number> {
  const { stderr } = await run(process.execPath, ['--require', join(folder, 'meter.cjs'), ...argv], { cwd: folder, env })
  return Number(stderr)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

describe('nexus ls', () => {
  it('takes less than 3.4 times the processor time of an empty program', async () => {
    const pairs: { empty: number; ls: number }[] = []
    for (let n = 0; n < 25; n++) pairs.push({ empty: await microseconds(['-e', '0']), ls: await microseconds([nexus, 'ls']) })
    const ratio = median(pairs.map(({ ls }) => ls)) / median(pairs.map(({ empty }) => empty))
    assert.ok(ratio < 3.4, `${ratio.toFixed(2)} times; as modules it was 6.8 times`)
  })
})
