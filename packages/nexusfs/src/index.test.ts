import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { it } from 'vitest'

const run = promisify(execFile)
const index = fileURLToPath(new URL('./index.ts', import.meta.url))

/** Prints every package that is loaded besides the library itself. */
const script = `
  import { registerHooks } from 'node:module'
  const packages = []
  registerHooks({
    resolve(specifier, context, next) {
      if (!/^(node:|\\.|\\/|file:)/.test(specifier)) packages.push(specifier)
      return next(specifier, context)
    },
  })
  const library = await import(process.argv[1])
  if (process.argv[2]) {
    await library.RedisStore.probe({ url: 'redis://127.0.0.1:1' }).catch(() => {})
    await library.PostgresStore.probe({ url: 'postgres://127.0.0.1:1/x' }).catch(() => {})
  }
  console.log(JSON.stringify(packages))
`

async function packagesLoaded(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, index, ...words])
  return JSON.parse(stdout)
}

it('the library loads no database client until a store needs one', async () => {
  assert.deepEqual(await packagesLoaded(), [])
  const loaded = await packagesLoaded('with stores')
  assert.ok(loaded.includes('ioredis') && loaded.includes('pg'), loaded.join(' '))
})
