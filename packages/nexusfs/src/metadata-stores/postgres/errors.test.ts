import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { toNexusError } from './errors.ts'

/** As the client hands on what the server says. */
function serverError(code: string, severity = 'ERROR'): Error {
  return Object.assign(new Error(`server says ${code}`), { code, severity, length: 100 })
}

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

const failure = { operation: 'metadata.commit', location: 'postgres://h/d', outcome: 'unknown' } as const

describe('what the server or the network says', () => {
  it.each([
    ['28P01', 'PermissionDenied'],
    ['28000', 'PermissionDenied'],
    ['3D000', 'InvalidConfig'],
    ['42501', 'PermissionDenied'],
    ['25006', 'ReadOnly'],
    ['40001', 'Unavailable'],
    ['40P01', 'Unavailable'],
    ['53100', 'NoSpace'],
    ['53200', 'Unavailable'],
    ['53300', 'Unavailable'],
    ['55P03', 'Timeout'],
    ['57014', 'Timeout'],
    ['57P01', 'Unavailable'],
    ['57P03', 'Unavailable'],
    ['08006', 'Unavailable'],
    ['NX001', 'InvalidConfig'],
    ['XX001', 'Corrupt'],
    ['XX000', 'Unexpected'],
  ])('%s is %s', (state, code) => {
    const error = toNexusError(serverError(state), failure)
    assert.equal(error.code, code)
    assert.equal(error.context.sqlState, state)
    assert.match(error.message, /^metadata\.commit: server says/)
  })

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE'])('%s is Unavailable', (code) => {
    const error = toNexusError(systemError(code), failure)
    assert.equal(error.code, 'Unavailable')
    assert.equal(error.retry, 'safe')
  })

  it.each([
    ['The server does not support SSL connections', 'InvalidConfig'],
    ['self-signed certificate', 'InvalidConfig'],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', 'PermissionDenied'],
    ['timeout expired', 'Timeout'],
    ['Connection terminated unexpectedly', 'Unavailable'],
    ['something nobody foresaw', 'Unexpected'],
  ])('"%s" is %s', (message, code) => {
    assert.equal(toNexusError(new Error(message), failure).code, code)
  })

  it('of several addresses names them all', () => {
    const error = toNexusError(new AggregateError([systemError('ECONNREFUSED'), systemError('ENOTFOUND')], ''), failure)
    assert.match(error.message, /ECONNREFUSED, connect ENOTFOUND/)
  })
})

describe('the outcome of a commit', () => {
  it('is none after an answer of the server, unknown after the end of a connection', () => {
    assert.equal(toNexusError(serverError('XX000'), failure).outcome, 'none')
    assert.equal(toNexusError(serverError('57P01', 'FATAL'), failure).outcome, 'unknown')
    assert.equal(toNexusError(systemError('ECONNRESET'), failure).outcome, 'unknown')
  })

  it('does not hang on the language of the server', () => {
    assert.equal(toNexusError(serverError('XX000', 'FEHLER'), failure).outcome, 'none')
    assert.equal(toNexusError(serverError('57P01', 'SCHWERWIEGEND'), failure).outcome, 'unknown')
  })

  it('is none where nothing was sent', () => {
    assert.equal(toNexusError(systemError('ECONNREFUSED'), { ...failure, outcome: 'none' }).outcome, 'none')
  })
})
