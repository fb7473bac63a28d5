// Guards: fs/commit/commit-plan.ts, fs/operations/*.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { logGroup, rootId } from '../metadata/keyspace.ts'
import { decodeRecord } from '../metadata/record.ts'
import { operations } from './model/operations.ts'
import type { NexusFS } from './nexus-fs.ts'
import { memoryFixture } from './store.test-fixture.ts'

/** A change, with its lines in the log: kind, directory (`/`, or below it), name, version, change in bytes, size. */
interface Logged {
  readonly lines: readonly string[]
  run(fs: NexusFS): Promise<unknown>
}

const changes: Readonly<Record<string, Logged>> = {
  'write of a new file': { lines: ['write / new v1 +5 5'], run: (fs) => fs.write('/new', 'hello') },
  'write of a version': { lines: ['write / file v2 +1 5'], run: (fs) => fs.write('/file', 'hello') },
  'write below a missing directory': { lines: ['mkdir / a v0 +0 0', 'write a/ b v1 +1 1'], run: (fs) => fs.write('/a/b', 'x') },
  writeStream: { lines: ['write / file v2 +1 5'], run: (fs) => fs.writeStream('/file', ['hel', 'lo']) },
  writeAt: { lines: ['write / file v2 +2 6'], run: (fs) => fs.writeAt('/file', 3, 'abc') },
  truncate: { lines: ['write / file v2 -2 2'], run: (fs) => fs.truncate('/file', 2) },
  append: { lines: ['write / file v2 +1 5'], run: (fs) => fs.append('/file', '!') },
  edit: { lines: ['write / file v2 -4 0'], run: (fs) => fs.edit('/file', () => '') },
  writeBatch: {
    lines: ['write / one v1 +1 1', 'write / file v2 -3 1'],
    run: (fs) =>
      fs.writeBatch([
        { path: '/one', content: '1' },
        { path: '/file', content: '2' },
      ]),
  },
  rollback: { lines: ['rollback / two v3 -2 1'], run: (fs) => fs.rollback('/two', 1) },
  copy: { lines: ['copy / copied v1 +4 4'], run: (fs) => fs.copy('/file', '/copied') },
  'copy over a file': { lines: ['copy / two v3 +1 4'], run: (fs) => fs.copy('/file', '/two', { overwrite: true }) },
  'move of a file': {
    lines: ['move / file v1 -4 4', 'move tree/ moved v1 +4 4'],
    run: (fs) => fs.move('/file', '/tree/moved'),
  },
  'move of a directory': { lines: ['move / tree v0 +0 0', 'move / moved v0 +0 0'], run: (fs) => fs.move('/tree', '/moved') },
  'move over a file': {
    lines: ['move / file v1 -4 4', 'remove / two v2 -3 3', 'move / two v1 +4 4'],
    run: (fs) => fs.move('/file', '/two', { overwrite: true }),
  },
  'remove of a file': { lines: ['remove / two v2 -3 3'], run: (fs) => fs.remove('/two') },
  'remove of a tree': { lines: ['remove / tree v0 +0 0'], run: (fs) => fs.remove('/tree', { recursive: true }) },
  'restore of a file': { lines: ['restore / gone v1 +4 4'], run: (fs) => fs.restore('/gone') },
  'restore of a tree': { lines: ['restore / gone-tree v0 +0 0'], run: (fs) => fs.restore('/gone-tree') },
  'restore of a file out of a removed tree': {
    lines: ['mkdir / gone-tree v0 +0 0', 'remove gone-tree/ inside v1 -6 6', 'restore gone-tree/ inside v1 +6 6'],
    run: (fs) => fs.restore('/gone-tree/inside'),
  },
  mkdir: { lines: ['mkdir / made v0 +0 0'], run: (fs) => fs.mkdir('/made') },
  rmdir: { lines: ['rmdir / empty v0 +0 0'], run: (fs) => fs.rmdir('/empty') },
  symlink: { lines: ['symlink / link v1 +0 0'], run: (fs) => fs.symlink('two', '/link') },
  'symlink over a link': {
    lines: ['symlink / old-link v2 +0 0'],
    run: (fs) => fs.symlink('two', '/old-link', { overwrite: true }),
  },
  'symlink over a file': {
    lines: ['remove / two v2 -3 3', 'symlink / two v1 +0 0'],
    run: (fs) => fs.symlink('x', '/two', { overwrite: true }),
  },
  'write through a link': { lines: ['write / file v2 -3 1'], run: (fs) => fs.write('/old-link', 'x') },
  'remove of a link': { lines: ['remove / old-link v1 +0 0'], run: (fs) => fs.remove('/old-link') },
  'chmod of a file': { lines: ['chmod / two v3 +0 3'], run: (fs) => fs.chmod('/two', 0o600) },
  'chmod of a directory': { lines: ['chmod / tree v0 +0 0'], run: (fs) => fs.chmod('/tree', 0o700) },
  utimes: { lines: ['utimes / file v2 +0 4'], run: (fs) => fs.utimes('/file', { modifiedAt: new Date(0) }) },
  importTree: { lines: ['mkdir / in v0 +0 0', 'write in/ local v1 +5 5'], run: importOne },
}

async function importOne(fs: NexusFS): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-log-'))
  try {
    await writeFile(join(folder, 'local'), 'local')
    await fs.importTree(folder, '/in')
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function prepare(fs: NexusFS): Promise<void> {
  await fs.write('/file', 'file')
  await fs.write('/two', '1')
  await fs.write('/two', 'two')
  await fs.write('/tree/inside', 'inside')
  await fs.mkdir('/empty')
  await fs.symlink('file', '/old-link')
  await fs.write('/gone', 'gone')
  await fs.remove('/gone')
  await fs.write('/gone-tree/inside', 'inside')
  await fs.remove('/gone-tree', { recursive: true })
}

describe('the log of a commit', () => {
  it('is looked at here after every operation that commits', () => {
    const committing = Object.entries(operations).filter(([, { mutates }]) => mutates)
    for (const [name] of committing)
      assert.ok(
        Object.keys(changes).some((each) => each.split(' ')[0] === name),
        name,
      )
  })

  for (const [name, { lines, run }] of Object.entries(changes)) {
    it(`tells what happened to names: ${name}`, async () => {
      await using fixture = await memoryFixture()
      const [fs, metadata] = [await fixture.open(), await fixture.metadata()]
      await prepare(fs)
      const before = await metadata.horizon()
      await run(fs)
      const { scan } = await metadata.read({ scan: [{ group: logGroup, limit: 1000 }] })
      const rows = (scan[0]?.entries ?? []).filter(({ revision }) => revision > before)
      const names = new Map<unknown, string>([[rootId, '']])
      const told: string[] = []
      for (const { value } of scan[0]?.entries ?? []) {
        for (const [, , called, id] of operationsIn(value)) names.set(id, String(called))
      }
      for (const { value } of rows) {
        for (const [kind, directory, called, , version, delta, size] of operationsIn(value)) {
          const sign = Number(delta) < 0 ? '' : '+'
          told.push(`${kind} ${names.get(directory)}/ ${called} v${version} ${sign}${delta} ${size}`)
        }
      }
      assert.deepEqual(told, lines)
    })
  }
})

function operationsIn(value: Uint8Array): unknown[][] {
  const { o } = decodeRecord(value).fields
  assert.ok(Array.isArray(o))
  return o
}
