// Guards: fs/**/*.ts, registry/*.ts

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isNexusError, MemoryBackend, MemoryStore, type MetadataStore, NexusError, NexusFS, openNexus } from 'nexusfs'
import { describe, it } from 'vitest'
import { all, combinations, together } from './combinations.ts'

/** Faults that file systems of this kind are known to have had. The numbers are those of the list that they were collected in. */

const code = (expected: string) => (error: unknown) => isNexusError(error) && error.code === expected
/** Neither tiny nor empty: content with a row of its own. */
const content = (seed: string): string => `${seed} `.repeat(200)

async function temporary(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'nexus-regression-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

for (const [combination, makeStore] of Object.entries(combinations)) {
  describe(`known faults, on ${combination}`, () => {
    it('1: _, % and letter case are plain characters in every prefix', async () => {
      await using store = await makeStore()
      const fs = await store.open()
      for (const name of ['a_b', 'aXb', 'a%', 'ab', 'Foo', 'foo', 'FOO', 'a*', 'a?', '[a]', 'a\\b', "a'b", 'a"b']) {
        await fs.write(`/${name}/file`, name)
      }
      for (const name of ['a_b', 'Foo', 'a%', 'a*', 'a?', '[a]', 'a\\b', "a'b"]) {
        await fs.remove(`/${name}`, { recursive: true })
        assert.equal(await fs.exists(`/${name}/file`), false)
      }
      assert.deepEqual(
        (await all(fs.walk('/'))).filter(({ kind }) => kind === 'file').map(({ path }) => path),
        ['/FOO/file', '/a"b/file', '/aXb/file', '/ab/file', '/foo/file'],
      )
    })

    it('2: a directory can be made, removed and made again', async () => {
      await using store = await makeStore()
      const fs = await store.open()
      for (let round = 0; round < 3; round++) {
        await fs.mkdir('/d')
        assert.equal((await fs.stat('/d'))?.kind, 'directory')
        await assert.rejects(fs.mkdir('/d'), code('AlreadyExists'))
        await fs.rmdir('/d')
        assert.equal(await fs.exists('/d'), false)
        assert.equal(await fs.stat('/d'), undefined)
        assert.deepEqual(await all(fs.list('/')), [])
        await assert.rejects(fs.rmdir('/d'), code('NotFound'))
      }
    })

    it('3: removing directories does not break empty files', async () => {
      await using store = await makeStore()
      const fs = await store.open()
      await fs.write('/kept/empty', '')
      await fs.write('/gone/deep/empty', '')
      await fs.mkdir('/gone/deep/er', { recursive: true })
      await fs.rmdir('/gone/deep/er')
      await fs.remove('/gone', { recursive: true })
      assert.deepEqual(await fs.read('/kept/empty'), new Uint8Array(0))
      assert.equal((await fs.write('/kept/empty', '')).size, 0)
    })

    it('4: removing an imported file leaves others with the same content whole', async () => {
      await using store = await makeStore()
      await using source = await temporary()
      const fs = await store.open()
      await fs.write('/mine', content('shared'))
      await writeFile(join(source.path, 'theirs'), content('shared'))
      await fs.importTree(source.path, '/imported')
      await fs.remove('/imported', { recursive: true })
      const other = await store.open()
      assert.equal(await other.readText('/mine'), content('shared'))
    })

    it('5: every version stays readable after removal, restoring and rollback', async () => {
      await using store = await makeStore()
      const fs = await store.open()
      for (const n of [1, 2, 3]) await fs.write('/file', content(String(n)))
      await fs.rollback('/file', 1)
      await fs.remove('/file')
      await fs.restore('/file')
      const other = await store.open()
      for (const [version, text] of [
        [1, '1'],
        [2, '2'],
        [3, '3'],
        [4, '1'],
      ] as const) {
        assert.equal(await other.readText('/file', { version }), content(text))
      }
      assert.deepEqual(
        (await all(other.versions('/file'))).map(({ version }) => version),
        [4, 3, 2, 1],
      )
    })

    it('6: concurrent writers of one content leave one reference a version, and store it once', async () => {
      await using store = await makeStore()
      const clients = await together(4, () => store.open())
      await together(8, async (writer) => {
        for (let n = 0; n < 15; n++) await clients[writer % 4]?.write(`/${writer}/${n}`, content('same'))
      })
      const usage = await clients[0]?.usage()
      assert.equal(usage?.files, 120)
      assert.equal(usage?.storedBytes, content('same').length)
      await together(8, async (writer) => clients[writer % 4]?.remove(`/${writer}`, { recursive: true }))
      await clients[0]?.restore('/7')
      assert.equal(await clients[1]?.readText('/7/14'), content('same'))
    })

    it('7: a write of content that is being removed elsewhere never loses it', async () => {
      await using store = await makeStore()
      const [one, two] = [await store.open(), await store.open()]
      for (let round = 0; round < 30; round++) {
        const text = content(`round ${round}`)
        await one.write('/last', text)
        await Promise.all([one.remove('/last'), two.write(`/kept/${round}`, text)])
        assert.equal(await one.readText(`/kept/${round}`), text)
      }
      const fresh = await store.open()
      for (let round = 0; round < 30; round++) assert.equal(await fresh.readText(`/kept/${round}`), content(`round ${round}`))
    })

    it('8: of writers that create only, one wins', async () => {
      await using store = await makeStore()
      const clients = await together(3, () => store.open())
      for (let round = 0; round < 10; round++) {
        const outcomes = await together(9, async (writer) => {
          try {
            await clients[writer % 3]?.write(`/${round}`, content(String(writer)), { ifNoneMatch: '*' })
            return String(writer)
          } catch (error) {
            assert.ok(code('AlreadyExists')(error), String(error))
            return undefined
          }
        })
        const winners = outcomes.filter((outcome) => outcome !== undefined)
        assert.equal(winners.length, 1)
        assert.equal(await clients[0]?.readText(`/${round}`), content(winners[0] ?? ''))
        assert.equal((await all(clients[0]?.versions(`/${round}`) ?? [])).length, 1)
      }
    })

    it('9: a counter under ifMatch counts every success, and only those', async () => {
      await using store = await makeStore()
      const clients = await together(3, () => store.open())
      await clients[0]?.write('/counter', '0')
      const successes = await together(6, async (writer) => {
        const fs = clients[writer % 3]
        let count = 0
        for (let n = 0; n < 20; n++) {
          const seen = await fs?.readWithStat('/counter')
          try {
            await fs?.write('/counter', String(Number(Buffer.from(seen?.content ?? []).toString()) + 1), {
              ifMatch: seen?.stat.etag,
            })
            count++
          } catch (error) {
            assert.ok(code('Conflict')(error), String(error))
          }
        }
        return count
      })
      const sum = successes.reduce((a, b) => a + b, 0)
      assert.equal(await clients[1]?.readText('/counter'), String(sum))
      const stat = await clients[2]?.stat('/counter')
      assert.equal(stat?.kind === 'file' && stat.version, sum + 1)
      assert.ok(sum < 120, 'the writers never met')
    })

    it('10: what one client acknowledged, another with warm caches sees at once', async () => {
      await using store = await makeStore()
      const [one, two] = [await store.open(), await store.open()]
      await one.write('/d/file', 'first')
      const stale = await two.readWithStat('/d/file')
      for (let round = 0; round < 20; round++) {
        const { etag } = await one.write('/d/file', content(String(round)))
        assert.equal(await two.readText('/d/file'), content(String(round)))
        const stat = await two.stat('/d/file')
        assert.equal(stat?.kind === 'file' && stat.etag, etag)
      }
      await assert.rejects(two.write('/d/file', 'lost', { ifMatch: stale.stat.etag }), code('Conflict'))
      await one.remove('/d', { recursive: true })
      assert.equal(await two.exists('/d/file'), false)
      await one.write('/d/file', 'another')
      assert.equal(await two.readText('/d/file'), 'another')
    })

    it('11: a path that is written twice in a batch gets one version, the last', async () => {
      await using store = await makeStore()
      const fs = await store.open()
      await fs.write('/old', 'before')
      const entries = await fs.writeBatch([
        { path: '/new', content: content('one') },
        { path: '/old', content: content('two') },
        { path: '//new', content: content('three') },
        { path: '/old', content: 'four' },
      ])
      assert.deepEqual(
        entries.map(({ path, version, size }) => [path, version, size]),
        [
          ['/new', 1, content('three').length],
          ['/old', 2, 4],
          ['/new', 1, content('three').length],
          ['/old', 2, 4],
        ],
      )
      assert.equal(await fs.readText('/new'), content('three'))
      assert.equal((await all(fs.versions('/old'))).length, 2)
      assert.deepEqual(
        (await all(fs.list('/'))).map(({ name }) => name),
        ['new', 'old'],
      )
      await fs.remove('/new')
      assert.equal(await fs.exists('/new'), false)
    })

    it('12: the version that a write returns is the one that was committed', async () => {
      await using store = await makeStore()
      const clients = await together(3, () => store.open())
      const returned = await together(60, async (n) => clients[n % 3]?.write('/file', content(String(n))))
      assert.deepEqual(
        returned.map((entry) => entry?.version ?? 0).sort((a, b) => a - b),
        Array.from({ length: 60 }, (_, n) => n + 1),
      )
      const history = new Map((await all(clients[0]?.versions('/file') ?? [])).map((each) => [each.version, each]))
      for (const [n, entry] of returned.entries()) {
        assert.equal(history.get(entry?.version ?? 0)?.etag, entry?.etag)
        assert.equal(await clients[0]?.readText('/file', { version: entry?.version }), content(String(n)))
      }
    })

    it('13: a path has one form, and every form names one file', async () => {
      await using store = await makeStore()
      const fs = await store.open()
      await fs.write('/d/file', 'here')
      for (const path of ['//d//file', '/d/./file', '/./d/file', '/d/file/', '///d///file///', '/d/file/.']) {
        assert.equal(await fs.readText(path), 'here', path)
        assert.equal((await fs.stat(path))?.path, '/d/file')
      }
      for (const path of ['', 'd/file', '.', '/..', '/d/../d/file', '/d/..', '/d/file\0', '/\ud800', `/${'x'.repeat(256)}`]) {
        await assert.rejects(fs.read(path), code('InvalidPath'), JSON.stringify(path))
        await assert.rejects(fs.write(path, 'x'), code('InvalidPath'), JSON.stringify(path))
      }
      const names = [
        'a..b',
        '..a',
        'a..',
        '...',
        ' ',
        ' a ',
        'a\nb',
        '\u0001',
        'é',
        'e\u0301',
        'ﬁ',
        'fi',
        '😀',
        'A',
        'a',
        '\\',
        '-',
        '~',
      ]
      for (const name of names) await fs.write(`/n/${name}`, name)
      for (const name of names) assert.equal(await fs.readText(`/n/${name}`), name)
      assert.equal((await all(fs.list('/n'))).length, names.length)
      await fs.write(`/${'x'.repeat(255)}`, 'long')
      await fs.write(`/${'é'.repeat(127)}`, 'long')
      await assert.rejects(fs.write(`/${'é'.repeat(128)}`, 'long'), code('InvalidPath'))
      const deep = `${'/0123456'.repeat(511)}/file`
      assert.equal(Buffer.byteLength(deep), 4093)
      await fs.write(deep, 'deep')
      assert.equal(await fs.readText(deep), 'deep')
      await assert.rejects(fs.write(`${deep}4567`, 'x'), code('InvalidPath'))
    })

    it('14: a directory moves with all that is below it', async () => {
      await using store = await makeStore()
      const [fs, warm] = [await store.open(), await store.open()]
      for (const path of ['/old/a', '/old/b/c', '/old/b/d/e']) await fs.write(path, path)
      await fs.write('/old/a', 'second')
      await fs.mkdir('/old/empty')
      assert.equal(await warm.readText('/old/b/d/e'), '/old/b/d/e')
      await fs.move('/old', '/into/new')
      for (const each of [fs, warm]) {
        assert.deepEqual(
          (await all(each.walk('/'))).map(({ path }) => path),
          [
            '/into',
            '/into/new',
            '/into/new/a',
            '/into/new/b',
            '/into/new/b/c',
            '/into/new/b/d',
            '/into/new/b/d/e',
            '/into/new/empty',
          ],
        )
        assert.equal(await each.exists('/old/b/d/e'), false)
        assert.equal(await each.readText('/into/new/b/d/e'), '/old/b/d/e')
        assert.equal((await all(each.versions('/into/new/a'))).length, 2)
      }
      for (const below of ['/into/new', '/into/new/b', '/into/new/x/y']) {
        await assert.rejects(fs.move('/into', below), code('InvalidArgument'), below)
      }
    })

    it('15: a file is no directory, and a directory no file', async () => {
      await using store = await makeStore()
      const fs = await store.open()
      await fs.write('/file', 'x')
      await fs.mkdir('/dir')
      await assert.rejects(fs.write('/file/child', 'x'), code('NotADirectory'))
      await assert.rejects(fs.write('/file/child/deep', 'x'), code('NotADirectory'))
      await assert.rejects(fs.mkdir('/file/child'), code('NotADirectory'))
      await assert.rejects(fs.mkdir('/file', { recursive: true }), code('AlreadyExists'))
      await assert.rejects(fs.move('/dir', '/file/child'), code('NotADirectory'))
      await assert.rejects(all(fs.list('/file')), code('NotADirectory'))
      await assert.rejects(fs.rmdir('/file'), code('NotADirectory'))
      await assert.rejects(fs.read('/file/child'), code('NotADirectory'))
      await assert.rejects(fs.write('/dir', 'x'), code('IsADirectory'))
      await assert.rejects(fs.read('/dir'), code('IsADirectory'))
      await assert.rejects(fs.remove('/dir'), code('IsADirectory'))
      await assert.rejects(fs.move('/file', '/dir', { overwrite: true }), code('IsADirectory'))
      await assert.rejects(fs.move('/dir', '/file', { overwrite: true }), code('NotADirectory'))
      await assert.rejects(fs.copy('/dir', '/copy'), code('IsADirectory'))
      await assert.rejects(
        fs.writeBatch([
          { path: '/both', content: 'x' },
          { path: '/both/child', content: 'x' },
        ]),
        code('NotADirectory'),
      )
      await assert.rejects(
        fs.writeBatch([
          { path: '/both/child', content: 'x' },
          { path: '/both', content: 'x' },
        ]),
        code('IsADirectory'),
      )
      assert.equal(await fs.exists('/both'), false)
      assert.equal(await fs.exists('/file/child'), false)
      assert.equal(await fs.stat('/file/child'), undefined)
    })

    it('16: no verb reaches what is in another store', async () => {
      await using theirs = await makeStore()
      await using ours = await makeStore()
      const [them, us] = [await theirs.open(), await ours.open()]
      await them.write('/secret/file', content('secret'))
      await them.write('/secret/file', content('secret 2'))
      await them.write('/gone', content('gone'))
      await them.remove('/gone')
      assert.equal(await us.exists('/secret'), false)
      assert.equal(await us.stat('/secret/file'), undefined)
      const verbs: readonly (() => Promise<unknown>)[] = [
        () => us.read('/secret/file'),
        () => us.read('/secret/file', { version: 1 }),
        () => us.readRange('/secret/file', { start: 0 }),
        () => all(us.list('/secret')),
        () => all(us.walk('/secret')),
        () => all(us.versions('/secret/file')),
        () => us.move('/secret', '/mine'),
        () => us.copy('/secret/file', '/mine'),
        () => us.remove('/secret', { recursive: true }),
        () => us.rmdir('/secret'),
        () => us.restore('/gone'),
        () => us.rollback('/secret/file', 1),
        () => us.usage('/secret'),
      ]
      for (const verb of verbs) await assert.rejects(verb(), code('NotFound'), String(verb))
      await assert.rejects(us.write('/secret/file', 'x', { ifMatch: { version: 2 } }), code('Conflict'))
      assert.equal((await us.usage()).storedBytes, 0)
      assert.equal((await all(them.versions('/secret/file'))).length, 2)
    })

    it('20: metadata that fails after the content was written leaves nothing behind', async () => {
      const storage = await MemoryBackend.open({ name: `failing-${combination}` })
      let isFailing = false
      const metadata = failingCommits(await MemoryStore.open(), () => isFailing)
      const fs = await NexusFS.open({ storage, metadata, inlineBytes: 0 })
      await fs.write('/file', content('one'))
      isFailing = true
      for (const size of [1000, 700_000]) {
        await assert.rejects(fs.write('/file', new Uint8Array(size).fill(7)), code('NoSpace'))
        await assert.rejects(fs.append('/file', new Uint8Array(size).fill(8)), code('NoSpace'))
      }
      isFailing = false
      assert.equal(await fs.readText('/file'), content('one'))
      assert.equal((await all(fs.versions('/file'))).length, 1)
      await fs.close()
      const after = await MemoryBackend.open({ name: `failing-${combination}` })
      assert.equal((await after.list()).blobs.length, 1)
      await after.close()
      MemoryBackend.drop(`failing-${combination}`)
    })
  })
}

describe('known faults of opening', () => {
  it('19: no environment variable leads away from the store that was asked for', async () => {
    await using folder = await temporary()
    const [asked, wrong] = [join(folder.path, 'asked'), join(folder.path, 'wrong')]
    await mkdir(wrong)
    const env: Record<string, string> = { NEXUS_AUTHOR: 'env' }
    for (const name of ['NEXUS_STORE', 'NEXUS_STORAGE', 'NEXUS_METADATA', 'NEXUS_DATA_DIR', 'NEXUS_DB_PATH']) env[name] = wrong
    for (const name of ['NEXUS_DATABASE_URL', 'POSTGRES_URL', 'DATABASE_URL', 'PGHOST'])
      env[name] = 'postgres://127.0.0.1:1/wrong'
    for (const name of ['REDIS_URL', 'AWS_BUCKET', 'GCS_BUCKET', 'AZURE_CONTAINER']) env[name] = 'redis://127.0.0.1:1'
    const before = { ...process.env }
    Object.assign(process.env, env)
    try {
      const targets: readonly Parameters<typeof openNexus>[0][] = [
        asked,
        { storage: `local:${asked}`, metadata: `sqlite:${join(asked, 'meta.db')}` },
      ]
      for (const target of targets) {
        await using fs = await openNexus(target, { durability: 'os', env })
        await fs.write('/here', 'x')
      }
    } finally {
      for (const name of Object.keys(env)) delete process.env[name]
      Object.assign(process.env, before)
    }
    assert.ok((await stat(join(asked, 'meta.db'))).size > 0)
    await assert.rejects(stat(join(wrong, 'meta.db')))
    await using fs = await openNexus(asked, { durability: 'os' })
    assert.equal((await all(fs.versions('/here'))).length, 2)
  })
})

/** A store that refuses to commit while it is told to, and is else the one it stands before. */
function failingCommits(store: MetadataStore, isFailing: () => boolean): MetadataStore {
  return {
    info: store.info,
    read: (request, options) => store.read(request, options),
    commit: async (commits, options) => {
      if (isFailing()) throw new NexusError('NoSpace', 'metadata.commit: no space left', { outcome: 'none' })
      return store.commit(commits, options)
    },
    horizon: (options) => store.horizon(options),
    load: (entries, options) => store.load(entries, options),
    close: () => store.close(),
  }
}
