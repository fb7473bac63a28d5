import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'vitest'
import { errorCodes, NexusError } from '../core/errors.ts'
import { errnoOf, errnoTable, translator } from './error-table.ts'

describe('translator', () => {
  const translate = translator({
    ...errnoTable,
    ELOOP: { code: 'Corrupt', summary: 'a link stands there' },
    BARE: { code: 'Timeout' },
  })
  const named = (code: string): Error => Object.assign(new Error('its own words'), { code })

  it('says what the table says: code, summary, name and advice', async () => {
    const error = await readFile('/no/such/file').catch((reason: unknown) => reason)
    const told = translate(error, { operation: 'storage.get', subject: 'x in /data', context: { key: 'x' } })
    assert.equal(told.code, 'NotFound')
    assert.equal(told.message, 'storage.get: x in /data: it is not there (ENOENT)')
    assert.deepEqual(told.context, { key: 'x', errno: 'ENOENT' })
    assert.equal(told.cause, error)
    const full = translate(named('ENOSPC'), { operation: 'metadata.commit', outcome: 'none' })
    assert.equal(full.message, 'metadata.commit: no space (or no inode) is left (ENOSPC); free some')
    assert.equal(full.outcome, 'none')
  })

  it('takes the words of the engine where the table has none, and what is not in the table as Unexpected', () => {
    assert.equal(translate(named('BARE'), { operation: 'a' }).message, 'a: its own words')
    const foreign = translate(named('toString'), { operation: 'a' })
    assert.deepEqual([foreign.code, foreign.message], ['Unexpected', 'a: its own words'])
    assert.equal(translate('text', { operation: 'a' }).message, 'a: text')
  })

  it('lets an adapter mean something else, and a NexusError pass', () => {
    assert.equal(translate(named('ELOOP'), { operation: 'a' }).code, 'Corrupt')
    const known = new NexusError('NotFound', 'no')
    assert.equal(translate(known, { operation: 'a' }), known)
    assert.equal(translator({ seven: { code: 'ReadOnly' } }, () => 'seven')(new Error('x'), { operation: 'a' }).code, 'ReadOnly')
  })
})

describe('errnoTable', () => {
  it('agrees with the errno that the code itself names, where it is that of one code alone', () => {
    for (const [errno, { code }] of Object.entries(errnoTable)) {
      const own = Object.entries(errorCodes).filter(([, traits]) => traits.errno === errno)
      if (own.length === 1 && !['EAGAIN', 'EIO', 'EACCES'].includes(errno)) assert.equal(code, own[0]?.[0], errno)
    }
    assert.equal(errnoOf('ENOENT'), undefined)
  })
})
