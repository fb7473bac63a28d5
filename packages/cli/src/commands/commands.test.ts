import assert from 'node:assert/strict'
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { CaseFolder, jsonLines, withoutTimes } from '../testing/case-folder.ts'
import { runNexus } from '../testing/run-nexus.ts'

const fixture = new CaseFolder()
const { nexus, tryNexus, json } = fixture
beforeEach(() => fixture.next())
afterAll(() => fixture.remove())

describe('init', () => {
  it('makes a private folder with a database, blobs and a folder for temporary files', async () => {
    const said = await nexus('init other')
    assert.equal(said, `made a store in ${join(fixture.cwd, 'other')}, durability disk\n`)
    for (const name of ['', 'blobs', 'tmp']) assert.equal(statSync(join(fixture.cwd, 'other', name)).mode & 0o777, 0o700, name)
    assert.ok(existsSync(join(fixture.cwd, 'other', 'meta.db')))
  })

  it('changes nothing the second time', async () => {
    await nexus('write /a --text x')
    assert.equal(await nexus('init .nexus'), `the store in ${join(fixture.cwd, '.nexus')} is there already, durability disk\n`)
    assert.equal(await nexus('cat /a'), 'x')
    const { storeId, ...rest } = Object(await json('init .nexus'))
    assert.deepEqual(rest, { store: join(fixture.cwd, '.nexus'), created: false, durability: 'disk' })
    assert.match(storeId, /^[0-9a-f]{32}$/)
  })

  it('makes the store that the other commands look for: that of NEXUS_STORE, else of the config', async () => {
    const team = { storage: 'local:d/blobs', metadata: 'sqlite:d/meta.db', durability: 'os' }
    writeFileSync(join(fixture.cwd, 'nexus.config.json'), JSON.stringify({ store: 'team', stores: { team, other: team } }))
    mkdirSync(join(fixture.cwd, 'below'))
    const cwd = join(fixture.cwd, 'below')
    const absent = await tryNexus('ls', { cwd })
    assert.match(absent.stderr, /no store in local:d\/blobs with sqlite:d\/meta\.db; run `nexus init`\n$/)
    const named = await tryNexus('ls --store other', { cwd })
    assert.match(named.stderr, /; run `nexus init --store other`\n$/)
    assert.match(await nexus('init', { cwd }), /^made a store in local:d\/blobs with sqlite:d\/meta\.db/)
    await nexus('ls', { cwd })
    assert.ok(existsSync(join(fixture.cwd, 'd', 'meta.db')))
    assert.equal(existsSync(join(cwd, '.nexus')), false)
    const env = { NEXUS_STORE: './from-env' }
    assert.equal(await nexus('init', { env }), `made a store in ${join(fixture.cwd, 'from-env')}, durability disk\n`)
    await nexus('ls', { env })
  })

  it('refuses a folder that no other command could name', async () => {
    for (const [name, message] of [
      ['sqlite:x', /names one layer only; give both, storage and metadata, or a folder, \.\/sqlite:\.\.\. if that is its name/],
      ['colon:x', /or a folder, \.\/colon:\.\.\. if that is its name/],
      ['memory:', /memory: ends with this command, so that nothing is made; name a folder/],
    ] as const) {
      const { code, stderr } = await tryNexus(`init ${name}`)
      assert.equal(code, 2)
      assert.match(stderr, message)
      assert.equal(existsSync(join(fixture.cwd, name)), false)
    }
    await nexus('init ./colon:x')
    await nexus('ls --store ./colon:x')
  })

  it('reaches a store behind a link', async () => {
    await nexus('init ../elsewhere')
    mkdirSync(join(fixture.cwd, 'linked'))
    symlinkSync(join(fixture.cwd, '..', 'elsewhere'), join(fixture.cwd, 'linked', '.nexus'))
    await nexus('write /a --text x --no-config', { cwd: join(fixture.cwd, 'linked') })
    assert.equal(await nexus('cat /a --store ../elsewhere'), 'x')
  })

  it('does not mix a store with other files', async () => {
    writeFileSync(join(fixture.cwd, 'mine.txt'), 'x')
    const { code, stderr } = await tryNexus('init .')
    assert.equal(code, 3)
    assert.match(stderr, /AlreadyExists: .* holds other files; name a folder of its own, such as .*\.nexus\n$/)
    assert.equal(existsSync(join(fixture.cwd, 'blobs')), false)
  })

  it('says what is in the way of its folder', async () => {
    writeFileSync(join(fixture.cwd, 'mine.txt'), 'x')
    const { stderr } = await tryNexus('init mine.txt/store')
    assert.match(stderr, /^nexus: NotADirectory: .* a file stands above it; name another\n$/)
  })

  it('makes a store out of two layers, which no other command does', async () => {
    const layers = '--storage local:blobs --metadata sqlite:meta.db'
    const before = await tryNexus(`ls ${layers}`)
    assert.equal(before.code, 10)
    assert.match(before.stderr, /no store in local:blobs with sqlite:meta\.db; run `nexus init` with the same --storage/)
    assert.equal(existsSync(join(fixture.cwd, 'meta.db')), false)
    assert.match(await nexus(`init ${layers}`), /^made a store in local:blobs with sqlite:meta\.db/)
    await nexus(`write /a --text x ${layers}`)
    assert.equal(await nexus(`ls ${layers}`), 'a\n')
  })
})

describe('write and cat', () => {
  it('take a text, a file or standard input', async () => {
    writeFileSync(join(fixture.cwd, 'local.bin'), new Uint8Array([0, 255, 10]))
    assert.equal(await nexus('write /text --text hello'), 'wrote /text v1, 5 B\n')
    await nexus('write /file local.bin')
    await nexus('write /stdin -', { stdin: new Uint8Array([1, 128, 0]) })
    assert.deepEqual([...(await tryNexus('cat /file')).bytes], [0, 255, 10])
    assert.deepEqual([...(await tryNexus('cat /stdin')).bytes], [1, 128, 0])
    assert.equal(await nexus('cat /text'), 'hello')
  })

  it('read a part of it, as a range of HTTP', async () => {
    await nexus('write /a --text 0123456789')
    await nexus('write /a --text other')
    await nexus('write /b --text xyz')
    const parts = {
      '0-3': '0123',
      '4-4': '4',
      '7-': '789',
      '7-99': '789',
      '-2': '89',
      '-99': '0123456789',
      '10-': '',
      '99-100': '',
    }
    for (const [range, text] of Object.entries(parts))
      assert.equal(await nexus(`cat /a --version 1 --range ${range}`), text, range)
    assert.equal(await nexus('cat /a /b --range=-2'), 'eryz')
    for (const range of ['5', '3-1', '-0', 'x-', '0-1,2-3', '-']) {
      const { code, stdout, stderr } = await tryNexus(`cat /a --range=${range}`)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /: write it as 0-99, 100- or -100; see `nexus cat --help`\n$/, range)
    }
    assert.equal((await tryNexus('cat /a --range 0-1 --json')).code, 2)
    assert.equal((await tryNexus('cat /absent --range -1')).code, 3)
    assert.equal((await tryNexus('cat /absent --range -1 --version 2')).code, 3)
    assert.equal((await tryNexus('cat /a --range -1 --version 9')).code, 3)
    assert.equal((await tryNexus('cat / --range -1')).code, 3)
  })

  it('never take missing content for empty content', async () => {
    const { code, stderr } = await tryNexus('write /a')
    assert.equal(code, 2)
    assert.match(stderr, /no content was given; name a file, or - for standard input, or give --text/)
    await nexus('write /a -')
    assert.equal(await nexus('cat /a'), '')
  })

  it('read old versions, and write only onto the one that is asked for', async () => {
    await nexus('write /a --text one')
    const etag = String(Object(await json('stat /a')).etag)
    await nexus('write /a --text two --if-match v1')
    assert.equal((await tryNexus('write /a --text three --if-match v1')).code, 4)
    assert.equal((await tryNexus(`write /a --text three --if-match ${etag}`)).code, 4)
    const again = await tryNexus('write /a --text three --if-none-match')
    assert.equal(again.code, 3)
    assert.match(again.stderr, /^nexus: AlreadyExists: \/a already exists; leave out --if-none-match to write a new version\n$/)
    assert.equal(await nexus('cat /a --version 1'), 'one')
    assert.equal(await nexus('cat /a --version v2'), 'two')
  })

  it('say what was written in one JSON value, without content', async () => {
    const { createdAt, modifiedAt, changedAt, etag, ...rest } = Object(await json('write /d/a --text hello --executable'))
    assert.deepEqual(rest, {
      path: '/d/a',
      name: 'a',
      kind: 'file',
      size: 5,
      version: 1,
      digest: 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
      author: 'tester',
      mode: 0o755,
      executable: true,
    })
    assert.equal(createdAt, modifiedAt)
    assert.equal(typeof etag, 'string')
    const stat: unknown = await json('stat /d/a')
    assert.deepEqual(await json('cat /d/a'), stat)
  })
})

describe('ls, tree and stat', () => {
  beforeEach(async () => {
    await nexus('write /b/run.sh --text #!/bin/sh --executable')
    await nexus('write /b/notes.md --text hello')
    await nexus('write /b/notes.md --text hello! --author writer')
    await nexus('mkdir /empty')
    await nexus('write /a.txt --text x')
  })

  it('list names in byte order, directories with a slash', async () => {
    assert.equal(await nexus('ls'), 'a.txt\nb/\nempty/\n')
    assert.equal(await nexus('ls /b'), 'notes.md\nrun.sh\n')
    assert.equal(await nexus('ls /empty'), '')
    assert.equal(await nexus('ls /b/run.sh'), 'run.sh\n')
  })

  it('align the columns of the long form', async () => {
    assert.equal(
      withoutTimes(await nexus('ls -l /b')),
      '-rw-r--r--  6  v2  TIME  writer  notes.md\n-rwxr-xr-x  9  v1  TIME  tester  run.sh\n',
    )
    assert.equal(
      withoutTimes(await nexus('ls -lR')),
      [
        '-rw-r--r--  1  v1  TIME  tester  /a.txt',
        'drwxr-xr-x  -   -  TIME  tester  /b/',
        '-rw-r--r--  6  v2  TIME  writer  /b/notes.md',
        '-rwxr-xr-x  9  v1  TIME  tester  /b/run.sh',
        'drwxr-xr-x  -   -  TIME  tester  /empty/\n',
      ].join('\n'),
    )
  })

  it('give one JSON value a line, with whole paths', async () => {
    const entries = jsonLines(await nexus('ls -R --json'))
    assert.deepEqual(
      entries.map(({ path, kind }) => `${path} ${kind}`),
      ['/a.txt file', '/b directory', '/b/notes.md file', '/b/run.sh file', '/empty directory'],
    )
    assert.deepEqual(Object.keys(entries[1] ?? {}), [
      'path',
      'name',
      'kind',
      'createdAt',
      'modifiedAt',
      'changedAt',
      'author',
      'mode',
    ])
  })

  it('draw a tree', async () => {
    const drawn = [
      '/',
      '├── a.txt',
      '├── b/',
      '│   ├── notes.md',
      '│   └── run.sh',
      '└── empty/',
      '',
      '2 directories, 3 files',
      '',
    ]
    assert.equal(await nexus('tree'), drawn.join('\n'))
    const tree = Object(await json('tree /b'))
    assert.equal(tree.path, '/b')
    assert.deepEqual(
      tree.children.map(({ name }: { name: string }) => name),
      ['notes.md', 'run.sh'],
    )
  })

  it('show one entry as lines of key and value', async () => {
    const lines = (await nexus('stat /b/notes.md')).trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => line.split(':')[0]),
      ['path', 'kind', 'size', 'version', 'etag', 'digest', 'mode', 'created', 'modified', 'changed', 'author'],
    )
    assert.equal(lines[3], 'version:   2')
    assert.match(lines[8] ?? '', /^modified: {2}\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.match(await nexus('stat /b'), /^path: {6}\/b\nkind: {6}directory\nmode: {6}drwxr-xr-x \(0755\)\ncreated:/)
  })

  it('use colours on a terminal only, and none where NO_COLOR is set', async () => {
    assert.equal(await nexus('ls /'), 'a.txt\nb/\nempty/\n')
    assert.ok((await nexus('ls /', { isTTY: true })).includes('\u001b[34mb/\u001b[39m'))
    assert.equal(await nexus('ls /', { isTTY: true, env: { NO_COLOR: '1' } }), 'a.txt\nb/\nempty/\n')
  })

  it('keep a name with control characters on its line and harmless', async () => {
    const name = '/evil\n\u001b[31mname\u202e'
    const run = { cwd: fixture.cwd, env: { NEXUS_AUTHOR: 'tester' } }
    assert.equal((await runNexus(['write', name, '--text', 'x'], run)).code, 0)
    assert.ok((await nexus('ls')).includes('"evil\\n\\u001b[31mname\\u202e"\n'))
    const missing = await runNexus(['cat', `${name}2`], run)
    assert.equal(missing.stderr.trimEnd().split('\n').length, 1)
    assert.equal(jsonLines(await nexus('ls --json')).at(-1)?.path, name)
  })
})

describe('what people are used to', () => {
  beforeEach(async () => {
    await nexus('write /g/a --text one')
    await nexus('write /b --text two')
  })

  it('ls -lah, ls -1 and ls -0', async () => {
    await nexus('write /big -', { stdin: new Uint8Array(3_000_000) })
    assert.match(await nexus('ls -lah'), /^-rw-r--r-- +3 B .* b\n-rw-r--r-- +2\.9 MiB .* big\ndrwxr-xr-x +- .* g\/\n$/)
    assert.equal(await nexus('ls -1'), 'b\nbig\ng/\n')
    const run = { cwd: fixture.cwd, env: { NEXUS_AUTHOR: 'tester' } }
    for (const name of ['/n/x\ny', '/n/x\\ny']) await runNexus(['write', name, '--text', 'x'], run)
    assert.equal(await nexus('ls /n'), '"x\\ny"\n"x\\\\ny"\n')
    assert.equal(await nexus('ls -0 /n'), 'x\ny\0x\\ny\0')
    assert.equal(await nexus('ls -R0 /g'), '/g/a\0')
  })

  it('cat of several files, and append', async () => {
    assert.equal(await nexus('cat /g/a /b /g/a'), 'onetwoone')
    assert.equal(jsonLines(await nexus('cat /g/a /b --json')).length, 2)
    assert.match((await tryNexus('cat /g/a /b --version 1')).stderr, /--version is for one file/)
    assert.equal(await nexus('append /b --text !'), 'appended to /b v2, 4 B\n')
    await nexus('append /b -', { stdin: '?' })
    await nexus('append /new --text x')
    assert.equal(await nexus('cat /b /new'), 'two!?x')
    assert.match((await tryNexus('append /b')).stderr, /no content was given/)
  })

  it('mv and cp into a directory, where the path ends in a slash', async () => {
    assert.equal(await nexus('cp /b /g/'), 'copied /b to /g/b v1\n')
    assert.equal(await nexus('mv /b /g/ -f'), 'moved /b to /g/b\n')
    assert.equal(await nexus('mv /g/b /'), 'moved /g/b to /b\n')
    const refused: readonly [string, RegExp][] = [
      ['mv /b /g', /AlreadyExists: \/g is a directory; write \/g\/ to put it in there\n$/],
      ['mv -f /b /g', /IsADirectory: \/g is a directory; write \/g\/ to put it in there\n$/],
      ['mv /b /absent/', /NotFound: there is no directory \/absent\/; `nexus mkdir` makes one, or leave the slash out\n$/],
      ['cp /b /g/a/', /NotADirectory: \/g\/a is not a directory; leave the slash out\n$/],
    ]
    for (const [line, message] of refused) {
      const { code, stderr } = await tryNexus(line)
      assert.equal(code, 3, line)
      assert.match(stderr, message)
    }
  })

  it('cp -r of a directory, and rm -R', async () => {
    await nexus('mkdir /g/empty')
    await nexus('write /g/deep/x --text x')
    assert.equal(await nexus('cp -r /g /h'), 'copied /g to /h, 2 files\n')
    assert.equal(await nexus('ls -R /h'), '/h/a\n/h/deep/\n/h/deep/x\n/h/empty/\n')
    assert.deepEqual(await json('cp -r /g /h/'), { path: '/h/g', files: 2, directories: 3, links: 0 })
    assert.match((await tryNexus('cp -r /g /g/inside')).stderr, /cannot be copied into itself/)
    assert.match((await tryNexus('cp -r /g /h')).stderr, /AlreadyExists: \/h\/a already exists; pass -f/)
    await nexus('cp -rf /g /h')
    assert.equal(await nexus('rm -R /h'), 'removed /h\n')
    assert.equal(await nexus('rm -f /absent'), '')
    assert.deepEqual(await json('rm -f /absent'), { removed: [] })
  })

  it('--read-only refuses every change, reads, and info says why; init refuses it', async () => {
    await nexus('write /a --text x')
    const write = await tryNexus('write /a --text y --read-only')
    assert.equal(write.code, 5)
    assert.match(
      write.stderr,
      /^nexus: ReadOnly: write \/a: the store takes no writes: it was opened with readOnly; open it without\n$/,
    )
    assert.equal(await nexus('cat /a --read-only'), 'x')
    assert.match(await nexus('info --read-only'), /^read-only: .*it was opened with readOnly/m)
    assert.equal((await tryNexus('init other --read-only')).code, 2)
    assert.equal((await tryNexus('epoch raise --read-only')).code, 5)
    assert.match(await nexus('epoch --read-only'), /^epoch 0/)
  })

  it('info of the store', async () => {
    const { storage, metadata, durability, storeId } = Object(await json('info'))
    const at = join(fixture.cwd, '.nexus')
    assert.deepEqual(
      [storage, metadata],
      [
        { name: 'local', location: at },
        { name: 'sqlite', location: join(at, 'meta.db') },
      ],
    )
    assert.equal(durability, 'os')
    assert.match(storeId, /^[0-9a-f]{32}$/)
    assert.match(await nexus('info'), /^storage: {6}local\nstorage at: {3}\/.*\ndurability: {3}os\nstore id: {5}[0-9a-f]{32}\n$/s)
  })
})
