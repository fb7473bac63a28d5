// Guards: metadata-stores/sqlite/*.ts, storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, it } from 'vitest'
import { type SystemCall, systemCalls } from './strace-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-syscalls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The system calls of one write of 1 MB on local disk and SQLite, up to its acknowledgement. Needs strace. */
async function callsOfWrite(durability: 'disk' | 'os'): Promise<SystemCall[]> {
  const log = join(folder, `${durability}.log`)
  const traced = 'trace=openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2'
  const strace = ['-f', '-y', '-s', '32', '-e', traced, '-o', log]
  const program = [process.execPath, '--conditions=nexus-source', join(import.meta.dirname, 'durable-writer.ts')]
  await promisify(execFile)('strace', [...strace, ...program, join(folder, durability), durability])
  const calls = systemCalls(readFileSync(log, 'utf8'))
  const begin = calls.findIndex(({ name, parameters }) => name === 'write' && parameters.includes('MARK begin'))
  const end = calls.findIndex(({ name, parameters }) => name === 'write' && parameters.includes('MARK acknowledged'))
  assert.ok(begin !== -1 && end > begin, 'the log has no marks: the test proved nothing')
  return calls.slice(begin + 1, end + 1)
}

function one(calls: readonly SystemCall[], what: string, isIt: (call: SystemCall) => boolean): SystemCall {
  const [found, ...others] = calls.filter(isIt)
  assert.ok(found !== undefined && others.length === 0, `${what}: found ${others.length + (found === undefined ? 0 : 1)} times`)
  return found
}

const isSync = ({ name }: SystemCall): boolean => name === 'fsync' || name === 'fdatasync'
const isBlob = /<[^>]*\/(?:tmp|blobs\/[0-9a-f]{32}\/[0-9a-f]{2})\/[^/>]+>/
const isShard = /<[^>]*\/blobs\/[0-9a-f]{32}\/[0-9a-f]{2}>/
const isLog = /<[^>]*-wal>/

describe('the system calls of one write of 1 MB', () => {
  it('fsync of file and folder end before the log of the metadata is synced, and that before the acknowledgement', async () => {
    const calls = await callsOfWrite('disk')
    const rename = one(calls, 'the rename', ({ name }) => name.startsWith('rename'))
    const ofFile = one(calls, 'the fsync of the file', (call) => isSync(call) && isBlob.test(call.parameters))
    const ofFolder = one(calls, 'the fsync of the folder', (call) => isSync(call) && isShard.test(call.parameters))
    const commits = calls.filter((call) => isSync(call) && isLog.test(call.parameters))
    const commit = commits.at(-1)
    const acknowledgement = calls.at(-1)
    assert.ok(commit !== undefined && acknowledgement !== undefined)
    assert.ok(ofFolder.began > rename.ended, 'the folder is synced once the blob has its name')
    const isAfterBlob = ({ began }: SystemCall): boolean => began > ofFile.ended && began > ofFolder.ended
    const written = calls.filter(({ name, parameters }) => name === 'pwrite64' && isLog.test(parameters))
    assert.ok(written.some(isAfterBlob), 'the commit that refers to the blob is written after it')
    assert.ok(isAfterBlob(commit), 'the log is synced after file and folder')
    assert.ok(acknowledgement.began > commit.ended, 'the write is acknowledged after all of it')
    for (const call of [rename, ofFile, ofFolder, commit]) assert.equal(call.result, '0')
  })

  it('in class os there is no fsync: the log can tell', async () => {
    const calls = await callsOfWrite('os')
    assert.deepEqual(calls.filter(isSync), [])
  })
})
