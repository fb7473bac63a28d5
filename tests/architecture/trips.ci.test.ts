import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'

// Guards how much of the library one call runs through: whoever follows a call has to know these files and functions.

/** The most that a trip may take; lower one when a trip has become shorter. */
const most: Readonly<Record<string, { readonly files: number; readonly functions: number }>> = {
  'write 1 KiB, new file': { files: 62, functions: 300 },
  'append a few bytes': { files: 62, functions: 300 },
  read: { files: 22, functions: 65 },
  exists: { files: 17, functions: 52 },
  list: { files: 25, functions: 100 },
  walk: { files: 24, functions: 95 },
  mkdir: { files: 46, functions: 210 },
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
