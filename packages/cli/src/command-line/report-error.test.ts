import assert from 'node:assert/strict'
import { errorCodes } from 'nexusfs'
import { describe, it } from 'vitest'
import { exitCodes } from './report-error.ts'

describe('exit codes', () => {
  it('are there for every error; 0, 1 and 130 are of no error', () => {
    assert.deepEqual(Object.keys(exitCodes).sort(), Object.keys(errorCodes).sort())
    for (const [code, exit] of Object.entries(exitCodes)) assert.ok(exit >= 2 && exit <= 70, code)
  })
})
