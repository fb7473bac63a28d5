// Guards: fs/transfer/store-files.ts

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { systemCalls } from '../syscalls/strace-log.ts'

// The rule: no code of Nexus opens the database of a store that its process has open. To close it would drop the locks that SQLite holds,
// which is why SQLite itself closes none of its descriptors meanwhile. Needs strace.

/** Every operation that touches local files, with the store in the folder that is imported. */
const program = `
  import { open } from 'node:fs/promises'
  import { openNexus } from 'nexusfs'
  const [project] = process.argv.slice(1)
  const nexus = await openNexus(project + '/.nexus', { durability: 'os', config: false })
  await nexus.write('/large', new Uint8Array(300_000))
  for (const options of [{}, { dryRun: true }, { links: 'follow' }, { mirror: true, checksum: true }]) await nexus.importTree(project, '/p', options)
  await nexus.exportTree('/p', project + '/../out')
  await nexus.exportTree('/large', project + '/.nexus/meta.db').catch(() => {})
  await nexus.importTree(project + '/.nexus/meta.db', '/db').catch(() => {})
  await nexus.backup(project + '/../backup')
  await nexus.usage('/')
  await open('/MARK-close').catch(() => {})
  await nexus.close()`

/** A descriptor of a file on which SQLite holds locks. */
const isLocked = /\d+<[^>]*\/project\/\.nexus\/meta\.db(?:-shm)?>/

it('no operation closes a descriptor of the database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-opened-'))
  try {
    const project = join(folder, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'file'), 'x')
    const log = join(folder, 'log')
    const node = [process.execPath, '--conditions=nexus-source', '--input-type=module', '-e', program, project]
    execFileSync('strace', ['-f', '-y', '-e', 'trace=openat,close', '-o', log, ...node], {
      cwd: import.meta.dirname,
    })
    const calls = systemCalls(readFileSync(log, 'utf8'))
    const end = calls.findIndex(({ parameters }) => parameters.includes('/MARK-close'))
    const ofDatabase = calls.slice(0, end).filter(({ parameters, result }) => isLocked.test(`${parameters} ${result}`))
    assert.ok(end > 0 && ofDatabase.length > 2, 'the log shows no database: the test proved nothing')
    assert.deepEqual(
      ofDatabase.filter(({ name }) => name === 'close'),
      [],
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
