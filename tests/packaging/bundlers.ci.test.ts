// Guards: packages/nexusfs/package.json, registry/*.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'

const run = promisify(execFile)
const root = process.cwd()

/** What an application is bundled with, each version exact: a new release must not turn this suite red by itself. */
const bundlers = ['esbuild@0.28.2', 'webpack@5.113.0', 'rollup@4.68.8', '@rollup/plugin-node-resolve@16.0.3']

/**
 * Writes until the store asks for its thread, whose file a bundle does not have, and then some. `process` tells of each thread that is
 * started. The servers' clients are not installed: a bundle is made all the same, and says what is missing when it is asked for.
 */
const application = `
import { openNexus } from 'nexusfs'
let threads = 0
process.on('worker', () => { threads += 1 })
async function main() {
  const nexus = await openNexus('./data')
  for (let n = 0; n < 400 && threads < 2; n++) await nexus.write('/f' + n, 'x'.repeat(100_000) + n)
  for (let n = 400; n < 420; n++) await nexus.write('/f' + n, 'x'.repeat(100_000) + n)
  const last = await nexus.readText('/f419')
  await nexus.close()
  const absent = []
  const layers = [['memory:', 'postgres://127.0.0.1:1/n'], ['memory:', 'redis://127.0.0.1:1'], ['s3://bucket', 'memory:']]
  for (const [storage, metadata] of layers) {
    await openNexus({ storage, metadata }).catch((error) => absent.push(error.code))
  }
  console.log(JSON.stringify({ asked: threads > 0, length: last.length, absent }))
}
main()
`

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-bundlers-'))
  await run('npm', ['run', '-s', 'build'], { cwd: root })
  await run('npm', ['pack', '--silent', '--workspace', 'nexusfs', '--pack-destination', folder], { cwd: root })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'application', private: true, type: 'module' }))
  const packages = [join(folder, 'nexusfs-0.1.0.tgz'), ...bundlers]
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], { cwd: folder })
  await writeFile(join(folder, 'app.js'), application)
}, 300_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Bundles with a script of the bundler's own interface, and runs the result where no `node_modules` is near. */
async function bundleAndRun(name: string, script: string): Promise<unknown> {
  await writeFile(join(folder, `${name}.build.mjs`), script)
  await run(process.execPath, [`${name}.build.mjs`], { cwd: folder })
  const away = await mkdtemp(join(tmpdir(), 'nexus-bundled-'))
  try {
    await run('cp', ['-r', `${join(folder, 'out', name)}/.`, away])
    const { stdout, stderr } = await run(process.execPath, [join(away, name.endsWith('cjs') ? 'app.cjs' : 'app.mjs')], {
      cwd: away,
    })
    assert.equal(stderr, '')
    return JSON.parse(stdout)
  } finally {
    await rm(away, { recursive: true, force: true })
  }
}

const scripts: Readonly<Record<string, string>> = {
  'esbuild-cjs': `import { build } from 'esbuild'
    await build({ entryPoints: ['app.js'], bundle: true, platform: 'node', outfile: 'out/esbuild-cjs/app.cjs' })`,
  'esbuild-minified-cjs': `import { build } from 'esbuild'
    await build({ entryPoints: ['app.js'], bundle: true, minify: true, platform: 'node', outfile: 'out/esbuild-minified-cjs/app.cjs' })`,
  'esbuild-esm': `import { build } from 'esbuild'
    await build({ entryPoints: ['app.js'], bundle: true, platform: 'node', format: 'esm', splitting: true, outdir: 'out/esbuild-esm', outExtension: { '.js': '.mjs' } })`,
  'webpack-cjs': `import webpack from 'webpack'
    const config = { mode: 'production', target: 'node24', entry: './app.js', output: { path: process.cwd() + '/out/webpack-cjs', filename: 'app.cjs' } }
    const stats = await new Promise((resolve, reject) => webpack(config, (error, stats) => (error ? reject(error) : resolve(stats))))
    if (stats.hasErrors()) throw new Error(stats.toString())`,
  'rollup-esm': `import { nodeResolve } from '@rollup/plugin-node-resolve'
    import { rollup } from 'rollup'
    const bundle = await rollup({ input: 'app.js', plugins: [nodeResolve({ exportConditions: ['node'] })], onwarn() {} })
    await bundle.write({ dir: 'out/rollup-esm', format: 'es', entryFileNames: '[name].mjs' })`,
  'rollup-cjs': `import { nodeResolve } from '@rollup/plugin-node-resolve'
    import { rollup } from 'rollup'
    const bundle = await rollup({ input: 'app.js', plugins: [nodeResolve({ exportConditions: ['node'] })], onwarn() {} })
    await bundle.write({ dir: 'out/rollup-cjs', format: 'cjs', entryFileNames: '[name].cjs' })`,
}

describe('an application in one file, where no package is installed', () => {
  it.each(Object.entries(scripts))('made by %s writes and reads, also without the file of the thread', async (name, script) => {
    await mkdir(join(folder, 'out', name), { recursive: true })
    assert.deepEqual(await bundleAndRun(name, script), {
      asked: true,
      length: 100_003,
      absent: ['MissingDependency', 'MissingDependency', 'MissingDependency'],
    })
  })
})
