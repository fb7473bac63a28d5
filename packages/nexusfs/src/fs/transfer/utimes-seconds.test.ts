// Guards: fs/transfer/*.ts

import assert from 'node:assert/strict'
import { lstatSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, it } from 'vitest'
import { secondsForUtimes } from './export-entry.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-utimes-'))
const file = join(folder, 'file')
writeFileSync(file, '')
afterAll(() => rmSync(folder, { recursive: true }))

describe('secondsForUtimes', () => {
  it('gives what sets a file to the same microsecond', () => {
    // Some file systems know no time before 1901.
    const [earliest, latest] = [Date.UTC(1902, 0, 1), Date.UTC(2100, 0, 1)]
    fc.assert(
      fc.property(
        fc.integer({ min: earliest, max: latest }),
        fc.integer({ min: 0, max: 999_999 }),
        (milliseconds, nanoseconds) => {
          const seconds = String(secondsForUtimes(milliseconds, nanoseconds))
          utimesSync(file, seconds, seconds)
          const set = lstatSync(file, { bigint: true }).mtimeNs
          const wanted = BigInt(milliseconds) * 1_000_000n + BigInt(nanoseconds)
          const floor = (value: bigint): bigint => (value - (((value % 1000n) + 1000n) % 1000n)) / 1000n
          assert.equal(floor(set), floor(wanted))
        },
      ),
      {
        numRuns: 3000,
        examples: [
          [0, 0],
          [-1, 999_999],
          [-1, 0],
          [1, 1],
          [1_700_000_000_123, 456_789],
          [-86_400_001, 999_000],
        ],
      },
    )
  })
})
