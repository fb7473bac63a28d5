// Guards: scripts/measure-trips.ts, packages/nexusfs/src/**/*.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'

/**
 * The most that a trip may take, with room for a turn of the event loop in between; lower one when a trip has become shorter.
 */
const most: Readonly<Record<string, { readonly files: number; readonly functions: number }>> = {
  'write 1 KiB, new file': { files: 64, functions: 375 },
  'append a few bytes': { files: 62, functions: 365 },
  read: { files: 33, functions: 98 },
  exists: { files: 31, functions: 92 },
  list: { files: 36, functions: 132 },
  walk: { files: 39, functions: 158 },
  mkdir: { files: 51, functions: 282 },
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
