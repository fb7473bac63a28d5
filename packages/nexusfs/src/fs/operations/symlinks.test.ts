import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { NexusFS } from '../nexus-fs.ts'
import { all, failure, memoryFixture, RecordingStore, storeFixtures } from '../store.test-fixture.ts'

const codeOf = async (work: () => Promise<unknown>): Promise<string> => (await failure(work)).code

for (const [combination, makeFixture] of Object.entries(storeFixtures)) {
  describe(`a symbolic link, on ${combination}`, () => {
    const withTree = async (work: (fs: NexusFS) => Promise<void>): Promise<void> => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      await fs.write('/real/dir/file', 'content')
      await fs.symlink('/real/dir', '/to-dir')
      await fs.symlink('dir/file', '/real/to-file')
      await fs.symlink('nowhere/at all', '/real/dangling')
      await work(fs)
    }

    it('through the very file that is moved or copied leads nowhere: nothing is said to be done', () =>
      withTree(async (fs) => {
        await fs.write('/source', 'x')
        await fs.symlink('source/..', '/up')
        await fs.symlink('source/../to', '/over')
        assert.equal(await codeOf(() => fs.move('/source', '/up/moved')), 'NotADirectory')
        assert.equal(await codeOf(() => fs.copy('/source', '/over', { overwrite: true })), 'NotADirectory')
        assert.equal(await fs.readText('/source'), 'x')
      }))

    it('leads every reader to its target, on the way and at the end', () =>
      withTree(async (fs) => {
        assert.equal(await fs.readText('/to-dir/file'), 'content')
        assert.equal(await fs.readText('/real/to-file'), 'content')
        assert.equal((await fs.readWithStat('/real/to-file')).stat.path, '/real/to-file')
        assert.equal(Buffer.from(await fs.readRange('/real/to-file', { start: 3 })).toString(), 'tent')
        assert.equal((await fs.stat('/real/to-file'))?.kind, 'file')
        assert.equal((await fs.stat('/to-dir'))?.kind, 'directory')
        assert.deepEqual(
          (await all(fs.list('/to-dir'))).map(({ path }) => path),
          ['/to-dir/file'],
        )
        assert.equal((await all(fs.versions('/real/to-file'))).length, 1)
        assert.equal((await fs.usage('/to-dir')).files, 1)
        assert.equal(await fs.exists('/to-dir/file'), true)
        assert.equal(await fs.exists('/real/dangling'), false)
        assert.equal(await fs.stat('/real/dangling'), undefined)
        assert.equal(await codeOf(() => fs.read('/real/dangling')), 'NotFound')
        assert.equal(await codeOf(() => fs.read('/real/to-file/below')), 'NotADirectory')
      }))

    it('is itself what lstat, readlink, list and walk show', () =>
      withTree(async (fs) => {
        const link = await fs.lstat('/real/dangling')
        assert.ok(link?.kind === 'link')
        assert.deepEqual(
          [link.path, link.name, link.target, link.size, link.version, link.mode, link.author],
          ['/real/dangling', 'dangling', 'nowhere/at all', 14, 1, 0o777, 'ann'],
        )
        assert.equal(await fs.readlink('/real/dangling'), 'nowhere/at all')
        assert.equal(await codeOf(() => fs.readlink('/real')), 'InvalidArgument')
        assert.equal(await codeOf(() => fs.readlink('/')), 'InvalidArgument')
        assert.equal(await codeOf(() => fs.readlink('/none')), 'NotFound')
        assert.deepEqual(
          (await all(fs.walk('/'))).map(({ path, kind }) => `${path} ${kind}`),
          [
            '/real directory',
            '/real/dangling link',
            '/real/dir directory',
            '/real/dir/file file',
            '/real/to-file link',
            '/to-dir link',
          ],
        )
        assert.equal((await fs.usage()).links, 3)
      }))

    it('is resolved to where its target really is', () =>
      withTree(async (fs) => {
        assert.equal(await fs.realpath('/to-dir/file'), '/real/dir/file')
        assert.equal(await fs.realpath('/real/to-file'), '/real/dir/file')
        assert.equal(await fs.realpath('/'), '/')
        assert.equal(await codeOf(() => fs.realpath('/real/dangling')), 'NotFound')
        await fs.symlink('../to-file', '/real/dir/up')
        assert.equal(await fs.realpath('/to-dir/up'), '/real/dir/file', '.. leads up from the real directory')
        await fs.symlink('../../../real/dir/../to-file', '/real/dir/far')
        assert.equal(await fs.realpath('/real/dir/far'), '/real/dir/file', '.. of the root is the root')
        await fs.symlink('/', '/top')
        assert.equal(await fs.realpath('/top/top/to-dir'), '/real/dir')
        assert.equal((await fs.stat('/top'))?.path, '/top')
        await fs.symlink('/none/../real', '/dangling')
        assert.equal(await fs.exists('/dangling'), false)
        assert.equal(await codeOf(() => fs.write('/dangling/x', 'x')), 'NotFound')
        await fs.symlink('/real/dir/file/../dir', '/through-a-file')
        assert.equal(await codeOf(() => fs.write('/through-a-file/x', 'x')), 'NotADirectory')
      }))

    it('takes a write to its target, and makes a target that is missing', () =>
      withTree(async (fs) => {
        const entry = await fs.write('/real/to-file', 'more')
        assert.deepEqual([entry.path, entry.version, await fs.readText('/real/dir/file')], ['/real/to-file', 2, 'more'])
        await fs.append('/real/to-file', '!')
        await fs.edit('/real/to-file', (before) => `${Buffer.from(before ?? []).toString()}?`)
        assert.equal((await fs.rollback('/real/to-file', 1)).version, 5)
        assert.equal(await fs.readText('/real/dir/file'), 'content')
        assert.equal((await fs.write('/real/dangling', 'made')).version, 1)
        assert.equal(await fs.readText('/real/nowhere/at all'), 'made')
        await fs.symlink('edited', '/edit-me')
        assert.equal((await fs.append('/edit-me', 'first')).version, 1)
        assert.equal(await fs.readText('/edited'), 'first')
        assert.equal((await fs.lstat('/edit-me'))?.kind, 'link')
        await fs.write('/to-dir/new/below', 'x')
        assert.equal(await fs.exists('/real/dir/new/below'), true)
        await fs.copy('/real/to-file', '/to-dir/copy')
        assert.equal(await fs.readText('/real/dir/copy'), 'content')
        await fs.chmod('/real/to-file', 0o600)
        await fs.utimes('/to-dir', { modifiedAt: new Date(7) })
        assert.equal((await fs.stat('/real/dir/file'))?.mode, 0o600)
        assert.equal(Number((await fs.stat('/real/dir'))?.modifiedAt), 7)
      }))

    it('that leads up again from a directory that is missing leads nowhere, and a write makes nothing', () =>
      withTree(async (fs) => {
        await fs.symlink('a/a/..', '/dangling')
        assert.equal(await codeOf(() => fs.write('/dangling/a', 'x')), 'NotFound')
        assert.equal(await codeOf(() => fs.append('/dangling/a', 'x')), 'NotFound')
        assert.equal(await codeOf(() => fs.edit('/dangling/a', () => 'x')), 'NotFound')
        assert.equal(await fs.exists('/a'), false)
        await fs.mkdir('/a/a', { recursive: true })
        await fs.write('/dangling/b', 'x')
        assert.equal(await fs.readText('/a/b'), 'x')
      }))

    it('that is gone with a directory above it sends a write of another client to the path itself', async () => {
      await using fixture = await makeFixture()
      const one = await fixture.open()
      const two = await fixture.open()
      await one.write('/real/x', 'x')
      await one.symlink('/real', '/dir/link', { parents: true })
      assert.equal(await two.readText('/dir/link/x'), 'x')
      await one.remove('/dir', { recursive: true })
      await two.write('/dir/link/y', 'y')
      assert.deepEqual(
        (await all(one.walk('/'))).map(({ path }) => path),
        ['/dir', '/dir/link', '/dir/link/y', '/real', '/real/x'],
      )
    })

    it('stands in the way of what must be new, also if it leads nowhere', () =>
      withTree(async (fs) => {
        for (const path of ['/real/dangling', '/real/to-file', '/to-dir']) {
          assert.equal(await codeOf(() => fs.write(path, 'x', { ifNoneMatch: '*' })), 'AlreadyExists')
          assert.equal(await codeOf(() => fs.mkdir(path)), 'AlreadyExists')
          assert.equal(await codeOf(() => fs.symlink('x', path)), 'AlreadyExists')
          assert.equal(await codeOf(() => fs.copy('/real/dir/file', path)), 'AlreadyExists')
          assert.equal(await codeOf(() => fs.move('/real/dir/file', path)), 'AlreadyExists')
        }
        assert.equal((await fs.mkdir('/to-dir', { recursive: true })).path, '/to-dir')
        assert.equal(await codeOf(() => fs.mkdir('/real/dangling', { recursive: true })), 'AlreadyExists')
        assert.equal(await codeOf(() => fs.copy('/real/dir/file', '/real/to-file', { overwrite: true })), 'AlreadyExists')
      }))

    it('is itself what is removed, moved, replaced and restored', () =>
      withTree(async (fs) => {
        await fs.remove('/to-dir')
        assert.equal(await fs.readText('/real/dir/file'), 'content')
        const restored = await fs.restore('/to-dir')
        assert.ok(restored.kind === 'link' && restored.target === '/real/dir')
        assert.equal(await codeOf(() => fs.rmdir('/to-dir')), 'NotADirectory')
        assert.equal((await fs.move('/to-dir', '/moved')).kind, 'link')
        assert.equal(await fs.readText('/moved/file'), 'content')
        await fs.write('/other', 'other')
        await fs.move('/other', '/moved', { overwrite: true })
        assert.equal(await fs.readText('/moved'), 'other')
        assert.equal((await fs.restore('/moved', { to: '/back' })).kind, 'link')
        await fs.move('/back', '/moved', { overwrite: true })
        assert.equal(await fs.readlink('/moved'), '/real/dir')
        assert.equal(await codeOf(() => fs.move('/real', '/real/to-file', { overwrite: true })), 'InvalidArgument')
        assert.equal(await codeOf(() => fs.move('/real', '/moved/below')), 'InvalidArgument', 'also through a link below itself')
        assert.equal((await fs.move('/moved/file', '/real/dir/file')).kind, 'file', 'the same name by another way')
      }))

    it('gets a new version with another target, and a precondition holds of it', () =>
      withTree(async (fs) => {
        const first = await fs.lstat('/to-dir')
        assert.ok(first?.kind === 'link')
        const second = await fs.symlink('real', '/to-dir', { ifMatch: first.etag, reason: 'switch' })
        assert.deepEqual([second.version, second.target], [2, 'real'])
        assert.ok(second.modifiedAt > first.modifiedAt)
        assert.notEqual(second.etag, first.etag)
        assert.equal(await codeOf(() => fs.symlink('x', '/to-dir', { ifMatch: first.etag })), 'Conflict')
        assert.equal(await codeOf(() => fs.symlink('x', '/new', { ifMatch: { version: 1 } })), 'Conflict')
        assert.equal(await codeOf(() => fs.symlink('x', '/real', { overwrite: true })), 'IsADirectory')
        await fs.write('/file', 'replaced')
        assert.equal((await fs.symlink('real', '/file', { overwrite: true })).version, 1)
        await fs.remove('/file')
        assert.equal((await fs.restore('/file')).kind, 'link')
        assert.equal((await fs.restore('/file', { to: '/file-again' })).kind, 'file')
      }))

    it('in a circle, and one too many, is InvalidPath with ELOOP, also where it is only passed', () =>
      withTree(async (fs) => {
        await fs.symlink('b', '/a')
        await fs.symlink('a', '/b')
        await fs.symlink('self/x', '/self')
        for (const path of ['/a', '/a/x', '/self']) {
          for (const call of [() => fs.read(path), () => fs.write(path, 'x'), () => fs.stat(path), () => fs.exists(path)]) {
            const error = await failure(call)
            assert.deepEqual([error.code, error.context.errno], ['InvalidPath', 'ELOOP'])
          }
        }
        assert.equal((await fs.lstat('/a'))?.kind, 'link')
        await fs.remove('/a')
        assert.equal(await fs.exists('/b'), false)
        for (let n = 0; n < 41; n++) await fs.symlink(n === 0 ? '/real/dir/file' : `chain-${n - 1}`, `/chain-${n}`)
        assert.equal(await fs.readText('/chain-39'), 'content')
        assert.equal(await codeOf(() => fs.read('/chain-40')), 'InvalidPath')
      }))

    it('holds any text of 1 to 4,096 bytes without NUL', () =>
      withTree(async (fs) => {
        for (const target of ['', 'a\0b', '\ud800', 'x'.repeat(4097), 'é'.repeat(2049), 7 as unknown as string]) {
          assert.equal(await codeOf(() => fs.symlink(target, '/bad')), 'InvalidArgument')
        }
        for (const [n, target] of [' ', '../../x', '//a//', 'x'.repeat(4096), 'é'.repeat(2048), '\u0001'].entries()) {
          assert.equal((await fs.symlink(target, `/good${n}`)).target, target)
          assert.equal(await fs.readlink(`/good${n}`), target)
        }
        const error = await failure(() => fs.stat('/good3'))
        assert.deepEqual([error.code, error.context.errno], ['InvalidPath', 'ENAMETOOLONG'])
        await fs.symlink(`${'d/../'.repeat(300)}real`, '/up-and-down')
        assert.equal(await codeOf(() => fs.stat('/up-and-down')), 'InvalidPath')
      }))
  })
}

describe('a link that others change', () => {
  it('is looked up anew, and a mutation through it expects it unchanged', async () => {
    await using fixture = await memoryFixture()
    const [fs, other] = [await fixture.open(), await fixture.open()]
    for (const name of ['one', 'two']) await fs.write(`/${name}/file`, name)
    await fs.symlink('one', '/current')
    for (const target of ['two', 'one', 'two']) {
      assert.equal(await fs.readText('/current/file'), target === 'two' ? 'one' : 'two')
      await other.symlink(target, '/current', { overwrite: true })
      assert.equal(await fs.readText('/current/file'), target)
    }
    await other.remove('/current')
    assert.equal(await fs.exists('/current/file'), false)
    await other.write('/current/file', 'a directory now')
    assert.equal(await fs.readText('/current/file'), 'a directory now')
    await other.move('/current', '/was')
    await other.symlink('one', '/current')
    assert.equal(await fs.readText('/current/file'), 'one')
    await other.symlink('current', '/loop')
    assert.equal(await fs.readText('/loop/file'), 'one')
    await other.symlink('loop', '/current', { overwrite: true })
    assert.equal(await codeOf(() => fs.read('/loop/file')), 'InvalidPath')
    await other.symlink('two', '/current', { overwrite: true })
    assert.equal(await fs.readText('/loop/file'), 'two')
  })

  it('between look and commit sends the write to the new target', async () => {
    await using fixture = await memoryFixture()
    const other = await fixture.open()
    for (const name of ['one', 'two']) await other.mkdir(`/${name}`)
    await other.symlink('one', '/current')
    let isFirst = true
    const fs = await fixture.open({
      overMetadata: (store) =>
        new (class extends RecordingStore {
          override async commit(...call: Parameters<RecordingStore['commit']>): ReturnType<RecordingStore['commit']> {
            if (isFirst) {
              isFirst = false
              await other.symlink('two', '/current', { overwrite: true })
            }
            return super.commit(...call)
          }
        })(store),
    })
    await fs.write('/current/file', 'x')
    assert.deepEqual([await other.exists('/one/file'), await other.exists('/two/file')], [false, true])
  })

  it('costs a further read where it is new, and none once it is known', async () => {
    await using fixture = await memoryFixture()
    const maker = await fixture.open()
    await maker.write('/a/b/file', 'x')
    await maker.symlink('/a', '/link')
    const stores: RecordingStore[] = []
    const fs = await fixture.open({
      overMetadata: (store) => {
        stores.push(new RecordingStore(store))
        return stores.at(-1) ?? assert.fail()
      },
    })
    const [rows] = stores
    assert.ok(rows)
    await fs.exists('/a/b/file')
    const reads = async (work: () => Promise<unknown>): Promise<number> => {
      rows.forget()
      await work()
      return rows.reads.length
    }
    assert.equal(await reads(() => fs.stat('/link/b/file')), 2)
    assert.equal(await reads(() => fs.stat('/link/b/file')), 1)
    assert.equal(await reads(() => all(fs.list('/link/b'))), 1)
    assert.equal(await reads(() => fs.write('/link/b/file', 'y')), 1)
    assert.equal(await reads(() => fs.stat('/a/b/file')), 1)
  })
})
