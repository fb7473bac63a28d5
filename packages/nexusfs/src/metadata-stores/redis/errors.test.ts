import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { ErrorCode } from '../../core/errors.ts'
import { toNexusError } from './errors.ts'

const call = { operation: 'metadata.commit', location: 'redis://h:6379/0', outcome: 'unknown', secrets: ['s3cret'] } as const

/** What servers of versions 6.2 and 7 say; a script's error comes wrapped from the older. */
const replies: readonly (readonly [reply: string, code: ErrorCode, outcome: 'none' | 'unknown'])[] = [
  ["OOM command not allowed when used memory > 'maxmemory'.", 'NoSpace', 'none'],
  [
    "ERR Error running script (call to f_0a): @user_script:9: @user_script: 9: -OOM command not allowed when used memory > 'maxmemory'. ",
    'NoSpace',
    'none',
  ],
  ["READONLY You can't write against a read only replica. script: 0a, on @user_script:9.", 'ReadOnly', 'none'],
  ['MISCONF Errors writing to the AOF file: No space left on device', 'NoSpace', 'none'],
  ['MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.', 'Unavailable', 'none'],
  ['LOADING Redis is loading the dataset in memory', 'Unavailable', 'none'],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'Unavailable', 'none'],
  ['NOREPLICAS Not enough good replicas to write.', 'Unavailable', 'none'],
  ['ERR max number of clients reached', 'Unavailable', 'none'],
  ['ERR Error running script: Script killed by user with SCRIPT KILL...', 'Unavailable', 'none'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'PermissionDenied', 'none'],
  ['NOAUTH Authentication required.', 'PermissionDenied', 'none'],
  ["NOPERM this user has no permissions to run the 'zrem' command", 'PermissionDenied', 'unknown'],
  ["ERR The user executing the script can't access at least one of the keys mentioned", 'PermissionDenied', 'unknown'],
  ['DENIED Redis is running in protected mode because protected mode is enabled', 'PermissionDenied', 'none'],
  ['MOVED 3999 127.0.0.1:6381', 'Unsupported', 'none'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'Corrupt', 'none'],
  ['ERR DB index is out of range', 'InvalidConfig', 'none'],
  ['ERR something nobody has seen', 'Unexpected', 'unknown'],
]

describe('a reply of the server', () => {
  for (const [reply, code, outcome] of replies) {
    it(`${reply.slice(0, 60)} is ${code}, outcome ${outcome}`, () => {
      const error = toNexusError(replyError(reply), call)
      assert.deepEqual([error.code, error.outcome], [code, outcome])
      assert.ok(error.message.startsWith('metadata.commit: redis://h:6379/0: '))
    })
  }
})

describe('a failure of the connection', () => {
  for (const [code, expected] of [
    ['ECONNRESET', 'Unavailable'],
    ['ECONNREFUSED', 'Unavailable'],
    ['ENOTFOUND', 'Unavailable'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'InvalidConfig'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'InvalidConfig'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'InvalidConfig'],
  ] as const) {
    it(`${code} is ${expected}, with the outcome that the caller knows`, () => {
      const error = toNexusError(Object.assign(new Error('it broke'), { code }), call)
      assert.deepEqual([error.code, error.outcome], [expected, 'unknown'])
    })
  }
})

it('no part of an error holds the secret or the arguments of the command', () => {
  const vendor = Object.assign(replyError('ERR unknown command AUTH, with args: s3cret'), { command: { args: ['s3cret'] } })
  const error = toNexusError(vendor, call)
  assert.ok(!JSON.stringify([error.message, error.stack, error.cause, Object.entries(error.cause ?? {})]).includes('s3cret'))
  assert.ok(error.message.includes('***'))
})

function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' })
}
