// Guards: content/content-store.ts, fs/model/head-codec.ts, metadata-stores/sqlite/*.ts

import assert from 'node:assert/strict'
import { copyFile, cp, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { isNexusError, type Key, type NexusError, type NexusFS, openNexus, SqliteStore } from 'nexusfs'
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest'
import { runNexus } from '../concurrency/processes.ts'

/** Content that is kept as a blob, inside its row, and inside the head. */
const texts: Readonly<Record<string, string>> = {
  '/d/blob': 'the blob that is damaged '.repeat(8000),
  '/d/other': 'the blob that stays whole '.repeat(8000),
  '/d/large': 'a blob that was hashed while it was written '.repeat(20_000),
  '/d/inline': 'kept in the metadata store '.repeat(50),
  '/d/tiny': 'kept in the head',
}

let folder = ''
/** A whole store, and the copy that a test damages. */
let whole = ''
let data = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-damage-'))
  whole = join(folder, 'whole')
  data = join(folder, 'data')
  await using fs = await openNexus(whole, { durability: 'os' })
  for (const [path, text] of Object.entries(texts)) {
    await fs.write(path, 'before')
    await fs.write(path, text)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(makeWhole)

/** Puts every file back as it was; the many folders stay. */
async function makeWhole(): Promise<void> {
  files ??= await filesIn(whole)
  await rm(join(data, 'meta.db-wal'), { force: true })
  await rm(join(data, 'meta.db-shm'), { force: true })
  if ((await stat(join(data, 'blobs')).catch(() => undefined)) === undefined) await cp(whole, data, { recursive: true })
  // Those of later revisions would say that the metadata has gone back.
  for (const id of await readdir(join(data, 'blobs'))) await rm(join(data, 'blobs', id, 'wi'), { recursive: true, force: true })
  for (const file of files) {
    await mkdir(dirname(join(data, file)), { recursive: true })
    await copyFile(join(whole, file), join(data, file))
  }
}

let files: string[] | undefined

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

async function failure(work: () => Promise<unknown>): Promise<NexusError> {
  try {
    await work()
  } catch (error) {
    if (isNexusError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** The file that holds the blob of this text. */
async function blobFile(path: string): Promise<string> {
  const blobs = join(data, 'blobs')
  for (const name of await readdir(blobs, { recursive: true })) {
    const file = join(blobs, name)
    if ((await stat(file)).isFile() && (await readFile(file, 'utf8')) === texts[path]) return file
  }
  throw new Error(`${path} has no blob`)
}

async function flip(file: string, offset: number): Promise<void> {
  const handle = await open(file, 'r+')
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, offset)
  await handle.write(Buffer.of((byte[0] ?? 0) ^ 0x10), 0, 1, offset)
  await handle.close()
}

/** Every way of reading the file fails with Corrupt, names path and digest, gives nothing; everything else is whole. */
async function assertDamaged(path: string): Promise<void> {
  await using fs = await openNexus(data, { durability: 'os', create: false })
  const entry = await fs.stat(path)
  assert.ok(entry?.kind === 'file')
  const out = join(folder, 'out')
  const readers: readonly (() => Promise<unknown>)[] = [
    () => fs.read(path),
    () => fs.readText(path),
    () => fs.readWithStat(path),
    () => fs.readRange(path, { start: 0, length: 1 }),
    () => fs.append(path, 'more'),
    () => fs.edit(path, (before) => before ?? ''),
    () => fs.exportTree(path, out),
  ]
  for (const reader of readers) {
    const error = await failure(reader)
    assert.deepEqual([error.code, error.context.path, error.context.digest], ['Corrupt', path, entry.digest], String(reader))
    assert.ok(error.message.includes(path) && error.message.includes(entry.digest), error.message)
  }
  await assert.rejects(stat(out))
  await assertOthersWhole(fs, path)
  const cat = await runNexus(['cat', path, '--store', data])
  assert.deepEqual([cat.code, cat.stdout], [7, ''])
  assert.match(cat.stderr, /^nexus: Corrupt: [^\n]+\n$/)
}

async function assertOthersWhole(fs: NexusFS, damaged: string): Promise<void> {
  for (const [path, text] of Object.entries(texts)) {
    assert.equal(await fs.readText(path, { version: 1 }), 'before')
    if (path !== damaged) assert.equal(await fs.readText(path), text, path)
  }
}

describe('a damaged blob', () => {
  const size = Buffer.byteLength(texts['/d/blob'] ?? '')

  it('with one wrong bit, wherever it is, is Corrupt, and not one byte of it comes out', async () => {
    await using fs = await openNexus(data, { durability: 'os', cacheBytes: 0 })
    const file = await blobFile('/d/blob')
    for (const offset of [0, 1, 4095, 4096, size >> 1, size - 1]) {
      await flip(file, offset)
      assert.equal((await failure(() => fs.read('/d/blob'))).code, 'Corrupt', `byte ${offset}`)
      await flip(file, offset)
      assert.equal(await fs.readText('/d/blob'), texts['/d/blob'])
    }
    await flip(file, 17)
    await assertDamaged('/d/blob')
  })

  it('that is too short, too long or empty is Corrupt', async () => {
    for (const length of [0, size - 1, size + 1]) {
      await truncate(await blobFile('/d/blob'), length)
      await assertDamaged('/d/blob')
      await makeWhole()
    }
  })

  it('that is gone is Corrupt', async () => {
    await rm(await blobFile('/d/blob'))
    await assertDamaged('/d/blob')
  })

  it('that was exchanged for another is Corrupt, and so is the other', async () => {
    const [one, two] = [await blobFile('/d/blob'), await blobFile('/d/other')]
    await rename(one, `${one}.kept`)
    await rename(two, one)
    await rename(`${one}.kept`, two)
    await using fs = await openNexus(data, { durability: 'os' })
    for (const path of ['/d/blob', '/d/other']) assert.equal((await failure(() => fs.read(path))).code, 'Corrupt')
    assert.equal(await fs.readText('/d/inline'), texts['/d/inline'])
  })

  it('of a large file is Corrupt too', async () => {
    await flip(await blobFile('/d/large'), 600_000)
    await assertDamaged('/d/large')
  })

  it('leaves the file to be overwritten, rolled back, moved and removed', async () => {
    await truncate(await blobFile('/d/blob'), 5)
    await using fs = await openNexus(data, { durability: 'os' })
    assert.equal((await fs.move('/d/blob', '/d/moved')).name, 'moved')
    assert.equal((await fs.rollback('/d/moved', 1)).version, 3)
    assert.equal(await fs.readText('/d/moved'), 'before')
    assert.equal((await failure(() => fs.read('/d/moved', { version: 2 }))).code, 'Corrupt')
    assert.equal((await fs.write('/d/moved', 'new')).version, 4)
    await fs.remove('/d/moved')
  })

  it('is left out of the export of a tree, which names it; the command ends with 7', async () => {
    await flip(await blobFile('/d/blob'), 5)
    await using fs = await openNexus(data, { durability: 'os' })
    const out = join(folder, 'out-of-tree')
    const { leftOut } = await fs.exportTree('/d', out)
    assert.deepEqual(leftOut, [{ path: '/d/blob', why: 'damaged' }])
    assert.deepEqual(
      (await readdir(out)).filter((name) => name === 'blob' || name === 'inline'),
      ['inline'],
    )
    await rm(out, { recursive: true })
    const { code, stderr } = await runNexus(['export', '/d', out, '--store', data])
    assert.equal(code, 7)
    assert.match(stderr, /^nexus: left out: \/d\/blob: the store has lost it/)
    await rm(out, { recursive: true })
  })
})

describe('a damaged row', () => {
  /** Replaces the value of rows in the database, as another program might. */
  async function change(group: string, edit: (value: string) => string): Promise<number> {
    const store = await SqliteStore.open({ path: join(data, 'meta.db'), durability: 'os' })
    let changed = 0
    for (const key of await keysBelow(store, group)) {
      const entry = (await store.read({ get: [key] })).get[0]
      const before = Buffer.from(entry?.value ?? []).toString('latin1')
      const after = edit(before)
      if (after === before) continue
      await store.commit([{ expect: [], writes: [{ kind: 'put', key, value: new Uint8Array(Buffer.from(after, 'latin1')) }] }])
      changed++
    }
    await store.close()
    return changed
  }

  it('of a directory whose name would lead elsewhere is left out of an export, which writes nothing outside', async () => {
    for (const name of ['../outside', '..', '.', '', 'a/b', 'a\0b', '\xff']) {
      await makeWhole()
      const store = await SqliteStore.open({ path: join(data, 'meta.db'), durability: 'os' })
      const keys = await keysBelow(store, 'd/')
      const tiny = (await store.read({ get: keys })).get.find((entry) => Buffer.from(entry?.key.item ?? []).toString() === 'tiny')
      assert.ok(tiny)
      const key = { group: tiny.key.group, item: new Uint8Array(Buffer.from(name, 'latin1')) }
      await store.commit([{ expect: [], writes: [{ kind: 'put', key, value: tiny.value }] }])
      await store.close()
      const out = join(folder, 'exported')
      await using fs = await openNexus(data, { durability: 'os' })
      const { leftOut } = await fs.exportTree('/d', out)
      assert.deepEqual(
        leftOut.map(({ why }) => why),
        ['damaged'],
        JSON.stringify(name),
      )
      assert.equal(await fs.readText('/d/inline'), texts['/d/inline'])
      await rm(out, { recursive: true })
      await assert.rejects(stat(join(folder, 'outside')))
    }
  })

  /** The keys of `c/`, or of the entries of the directory `/d`. */
  async function keysBelow(store: SqliteStore, group: string): Promise<Key[]> {
    let at = Buffer.from(group)
    if (group === 'd/') {
      const root = Buffer.concat([at, Buffer.alloc(16)])
      const directory = (await store.read({ scan: [{ group: root, limit: 10 }] })).scan[0]?.entries[0]
      const id = String((JSON.parse(Buffer.from(directory?.value ?? []).toString()) as { i: string }).i)
      at = Buffer.concat([at, Buffer.from(id, 'hex')])
    }
    return (await store.read({ scan: [{ group: at, limit: 100 }] })).scan[0]?.entries.map(({ key }) => key) ?? []
  }

  it('of content kept in the metadata store is Corrupt', async () => {
    assert.equal(await change('c/', (value) => value.replace('kept in the metadata store', 'kept in the metadata stork')), 1)
    await assertDamaged('/d/inline')
  })

  it('of content that names another size, or no place, is Corrupt', async () => {
    for (const [before, after] of [
      [/"s":1350/, '"s":1351'],
      [/"st":"live"(.*"s":1350)/, '"st":"dead"$1'],
      [/"s":1350/, '"s":null'],
    ] as const) {
      assert.equal(await change('c/', (value) => value.replace(before, after)), 1, String(before))
      await using fs = await openNexus(data, { durability: 'os' })
      assert.equal((await failure(() => fs.read('/d/inline'))).code, 'Corrupt')
      assert.equal(await fs.readText('/d/blob'), texts['/d/blob'])
      await fs.close()
      await makeWhole()
    }
  })

  it('of a name is Corrupt or Unsupported, and the names beside it are read', async () => {
    const edits: readonly [RegExp, string, string][] = [
      [/^\{/, '[', 'Corrupt'],
      [/^.*$/s, '', 'Corrupt'],
      [/"k":"f"/, '"k":"link"', 'Unsupported'],
      [/"i":"[0-9a-f]{32}"/, '"i":"../../../etc/passwd"', 'Corrupt'],
      [/"n":2/, '"n":-2', 'Corrupt'],
      [/"n":2/, '"n":2.5', 'Corrupt'],
      [/"s":16/, '"s":"16"', 'Corrupt'],
      [/"s":16/, '"s":-1', 'Corrupt'],
      [/"s":16/, '"s":15', 'Corrupt'],
      [/"d":"sha256:[0-9a-f]{64}"/, '"d":"sha256:00"', 'Corrupt'],
      [/"c":\d+/, '"c":1e300', 'Corrupt'],
      [/"m":\d+/, '"m":-1e300', 'Corrupt'],
      [/"a":"[^"]*"/, '"a":null', 'Corrupt'],
      [/"b":\d+/, '"b":-1', 'Corrupt'],
      [/"b":\d+/, '"b":0.5', 'Corrupt'],
      [/kept in the head/, 'kept in the heap', 'Corrupt'],
    ]
    for (const [before, after, code] of edits) {
      const isTiny = (value: string): boolean => value.includes('kept in the head')
      assert.equal(await change('d/', (value) => (isTiny(value) ? value.replace(before, after) : value)), 1, String(before))
      await using fs = await openNexus(data, { durability: 'os' })
      const error = await failure(() => fs.read('/d/tiny'))
      assert.equal(error.code, code, `${before} -> ${after}: ${error.message}`)
      assert.ok(!error.message.includes('bug'))
      assert.equal(await fs.readText('/d/blob'), texts['/d/blob'])
      await fs.close()
      await makeWhole()
    }
  })
})

describe('a damaged database', () => {
  it('is Corrupt, or a database of nobody, whatever was done to the file', async () => {
    const file = join(data, 'meta.db')
    const { size } = await stat(file)
    const damages: Readonly<Record<string, () => Promise<void>>> = {
      'another beginning': () => writeAt(file, 0, Buffer.from('not a database at all')),
      'no beginning': () => writeAt(file, 0, Buffer.alloc(100)),
      'random pages': async () => {
        for (let page = 1; page * 4096 < size; page++) await writeAt(file, page * 4096, Buffer.alloc(4096, 0xa5))
      },
      'only half of it': () => truncate(file, Math.floor(size / 8192) * 4096),
      'a few bytes of it': () => truncate(file, 60),
    }
    for (const [name, damage] of Object.entries(damages)) {
      await damage()
      const error = await failure(async () => {
        await using fs = await openNexus(data, { durability: 'os', create: false })
        for (const path of Object.keys(texts)) await fs.read(path)
      })
      assert.ok(['Corrupt', 'InvalidConfig'].includes(error.code), `${name}: ${error.code}: ${error.message}`)
      assert.doesNotMatch(error.message, /bug/)
      const cat = await runNexus(['cat', '/d/blob', '--store', data])
      assert.deepEqual([cat.code === 0, cat.stdout], [false, ''], `${name}: ${cat.stderr}`)
      await makeWhole()
    }
  })

  it('that is empty has lost what it was, which the command says; nothing is created', async () => {
    for (const name of ['meta.db-wal', 'meta.db-shm']) await rm(join(data, name), { force: true })
    await writeFile(join(data, 'meta.db'), '')
    assert.equal((await failure(() => openNexus(data, { durability: 'os', create: false }))).code, 'Corrupt')
    const ls = await runNexus(['ls', '/', '--store', data])
    assert.deepEqual([ls.code, ls.stdout], [7, ''], ls.stderr)
  })
})

describe('a store that is not there', () => {
  it('is NotFound, and is not made', async () => {
    const nowhere = join(folder, 'nowhere')
    assert.equal((await failure(() => openNexus(nowhere, { create: false }))).code, 'NotFound')
    const ls = await runNexus(['ls', '/', '--store', nowhere])
    assert.deepEqual([ls.code, ls.stdout], [10, ''], ls.stderr)
    await assert.rejects(stat(nowhere))
  })

  it('below a file, or with a file for a folder, is refused with a code that says why', async () => {
    const file = join(folder, 'file')
    await writeFile(file, 'x')
    const error = await failure(() => openNexus(file))
    assert.equal(error.code, 'NotADirectory', error.message)
    await failure(() => openNexus(join(file, 'below')))
    assert.equal(await readFile(file, 'utf8'), 'x')
  })

  it('whose blobs are gone says Corrupt of each file that needs one, and reads the others', async () => {
    await rm(join(data, 'blobs'), { recursive: true })
    const error = await failure(async () => {
      await using fs = await openNexus(data, { durability: 'os' })
      assert.equal(await fs.readText('/d/inline'), texts['/d/inline'])
      await fs.read('/d/blob')
    })
    assert.equal(error.code, 'Corrupt')
  })
})

async function writeAt(file: string, offset: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'r+')
  await handle.write(bytes, 0, bytes.length, offset)
  await handle.close()
}
