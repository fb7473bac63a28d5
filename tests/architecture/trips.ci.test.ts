// Guards: scripts/measure-trips.ts, packages/nexusfs/src/**/*.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'

/**
 * The most that a trip may take, with room for a turn of the event loop in between; lower one when a trip has become shorter.
 */
const most: Readonly<Record<string, { readonly files: number; readonly functions: number }>> = {
  'write 1 KiB, new file': { files: 61, functions: 362 },
  'append a few bytes': { files: 60, functions: 350 },
  read: { files: 30, functions: 88 },
  exists: { files: 28, functions: 82 },
  list: { files: 34, functions: 120 },
  walk: { files: 37, functions: 146 },
  mkdir: { files: 48, functions: 268 },
}

describe('the trip of one call', () => {
  it('takes no more files and functions than it did', { timeout: 60_000 }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/measure-trips.ts'])
    const rows = stdout
      .trim()
      .split('\n')
      .slice(2)
      .map((row) => row.slice(2, -2).split(' | '))
    assert.deepEqual(
      rows.map(([name]) => name),
      Object.keys(most),
    )
    for (const [name = '', files, functions] of rows) {
      const limit = most[name]
      assert.ok(limit && Number(files) > 3 && Number(functions) > 10, `${name} was not measured`)
      assert.ok(
        Number(files) <= limit.files && Number(functions) <= limit.functions,
        `${name}: ${files} files, ${functions} functions`,
      )
    }
  })
})
