import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { makeQuickPlace, type Outcome, type Run, runNexus, temporaryFolder } from './testing/run-nexus.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

let cwd = folder.path
let stores = 0

beforeEach(async () => {
  cwd = join(folder.path, `case-${stores++}`)
  makeQuickPlace(cwd)
  await nexus('init --store quick')
})

/** Runs a command line that is to succeed, and gives its stdout. */
async function nexus(line: string, run: Partial<Run> = {}): Promise<string> {
  const { code, stdout, stderr } = await tryNexus(line, run)
  assert.equal(stderr, '', line)
  assert.equal(code, 0, line)
  return stdout
}

/** Words are split at blanks, so texts in these tests have none. */
function tryNexus(line: string, run: Partial<Run> = {}): Promise<Outcome> {
  return runNexus(line.split(' '), { cwd, env: { NEXUS_AUTHOR: 'tester' }, ...run })
}

async function json(line: string): Promise<unknown> {
  return JSON.parse(await nexus(`${line} --json`))
}

function jsonLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Minutes change while tests run; sizes and names do not. */
function withoutTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'TIME')
}

describe('init', () => {
  it('makes a private folder with a database, blobs and a place for temporary files', async () => {
    const said = await nexus('init other')
    assert.equal(said, `made a store in ${join(cwd, 'other')}, durability disk\n`)
    for (const name of ['', 'blobs', 'tmp']) assert.equal(statSync(join(cwd, 'other', name)).mode & 0o777, 0o700, name)
    assert.ok(existsSync(join(cwd, 'other', 'meta.db')))
  })

  it('changes nothing the second time', async () => {
    await nexus('write /a --text x')
    assert.equal(await nexus('init'), `the store in ${join(cwd, '.nexus')} is there already, durability disk\n`)
    assert.equal(await nexus('cat /a'), 'x')
    const { storeId, ...rest } = Object(await json('init .nexus'))
    assert.deepEqual(rest, { store: join(cwd, '.nexus'), created: false, durability: 'disk' })
    assert.match(storeId, /^[0-9a-f]{32}$/)
  })

  it('does not mix a store with other files', async () => {
    writeFileSync(join(cwd, 'mine.txt'), 'x')
    const { code, stderr } = await tryNexus('init .')
    assert.equal(code, 3)
    assert.match(stderr, /AlreadyExists: .* holds other files; name a folder of its own, such as .*\.nexus\n$/)
    assert.equal(existsSync(join(cwd, 'blobs')), false)
  })

  it('makes a store out of two layers, which no other command does', async () => {
    const layers = '--storage local:blobs --metadata sqlite:meta.db'
    const before = await tryNexus(`ls ${layers}`)
    assert.equal(before.code, 10)
    assert.match(before.stderr, /no store in local:blobs with sqlite:meta\.db; run `nexus init` with the same --storage/)
    assert.equal(existsSync(join(cwd, 'meta.db')), false)
    assert.match(await nexus(`init ${layers}`), /^made a store in local:blobs with sqlite:meta\.db/)
    await nexus(`write /a --text x ${layers}`)
    assert.equal(await nexus(`ls ${layers}`), 'a\n')
  })
})

describe('write and cat', () => {
  it('take a text, a file or standard input', async () => {
    writeFileSync(join(cwd, 'local.bin'), new Uint8Array([0, 255, 10]))
    assert.equal(await nexus('write /text --text hello'), 'wrote /text v1, 5 B\n')
    await nexus('write /file local.bin')
    await nexus('write /stdin -', { stdin: new Uint8Array([1, 128, 0]) })
    assert.deepEqual([...(await tryNexus('cat /file')).bytes], [0, 255, 10])
    assert.deepEqual([...(await tryNexus('cat /stdin')).bytes], [1, 128, 0])
    assert.equal(await nexus('cat /text'), 'hello')
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
    const { createdAt, modifiedAt, etag, ...rest } = Object(await json('write /d/a --text hello --executable'))
    assert.deepEqual(rest, {
      path: '/d/a',
      name: 'a',
      kind: 'file',
      size: 5,
      version: 1,
      digest: 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
      author: 'tester',
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
    assert.equal(withoutTimes(await nexus('ls -l /b')), '-  6  v2  TIME  writer  notes.md\nx  9  v1  TIME  tester  run.sh\n')
    assert.equal(
      withoutTimes(await nexus('ls -lR')),
      [
        '-  1  v1  TIME  tester  /a.txt',
        'd  -   -  TIME  tester  /b/',
        '-  6  v2  TIME  writer  /b/notes.md',
        'x  9  v1  TIME  tester  /b/run.sh',
        'd  -   -  TIME  tester  /empty/\n',
      ].join('\n'),
    )
  })

  it('give one JSON value a line, with whole paths', async () => {
    const entries = jsonLines(await nexus('ls -R --json'))
    assert.deepEqual(
      entries.map(({ path, kind }) => `${path} ${kind}`),
      ['/a.txt file', '/b directory', '/b/notes.md file', '/b/run.sh file', '/empty directory'],
    )
    assert.deepEqual(Object.keys(entries[1] ?? {}), ['path', 'name', 'kind', 'createdAt', 'modifiedAt', 'author'])
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
      ['path', 'kind', 'size', 'version', 'etag', 'digest', 'executable', 'created', 'modified', 'author'],
    )
    assert.equal(lines[3], 'version:     2')
    assert.match(lines[8] ?? '', /^modified: {4}\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.match(await nexus('stat /b'), /^path: {6}\/b\nkind: {6}directory\ncreated:/)
  })

  it('use colours on a terminal only, and none where NO_COLOR is set', async () => {
    assert.equal(await nexus('ls /'), 'a.txt\nb/\nempty/\n')
    assert.ok((await nexus('ls /', { isTTY: true })).includes('\u001b[34mb/\u001b[39m'))
    assert.equal(await nexus('ls /', { isTTY: true, env: { NO_COLOR: '1' } }), 'a.txt\nb/\nempty/\n')
  })

  it('keep a name with control characters on its line and harmless', async () => {
    const name = '/evil\n\u001b[31mname\u202e'
    const run = { cwd, env: { NEXUS_AUTHOR: 'tester' } }
    assert.equal((await runNexus(['write', name, '--text', 'x'], run)).code, 0)
    assert.ok((await nexus('ls')).includes('evil\\n\\u001b[31mname\\u202e\n'))
    const missing = await runNexus(['cat', `${name}2`], run)
    assert.equal(missing.stderr.trimEnd().split('\n').length, 1)
    assert.equal(jsonLines(await nexus('ls --json')).at(-1)?.path, name)
  })
})

describe('mkdir, rm, mv, cp and restore', () => {
  it('do what they say and tell the flag that would help', async () => {
    assert.equal(await nexus('mkdir -p /a/b'), 'made /a/b\n')
    await nexus('mkdir -p /a/b')
    await nexus('write /a/b/f --text x')
    const refused: readonly [string, RegExp][] = [
      ['mkdir /a', /AlreadyExists: \/a already exists; pass -p/],
      ['mkdir /x/y', /NotFound: .*; pass -p to make its parents too/],
      ['rm /a', /IsADirectory: \/a is a directory; pass -r/],
      ['rm /nope', /NotFound: \/nope does not exist; pass -f/],
      ['cp /a /c', /IsADirectory: \/a is a directory; only files are copied/],
      ['mv /a/b/f /a/b', /AlreadyExists/],
    ]
    for (const [line, message] of refused) {
      const { code, stderr } = await tryNexus(line)
      assert.equal(code, 3, line)
      assert.match(stderr, message)
    }
    assert.equal(await nexus('cp /a/b/f /g'), 'copied /a/b/f to /g v1\n')
    assert.match((await tryNexus('mv /g /a/b/f')).stderr, /AlreadyExists: \/a\/b\/f already exists; pass -f to replace a file/)
    assert.equal(await nexus('mv -f /g /a/b/f'), 'moved /g to /a/b/f\n')
    assert.equal(await nexus('rm -r /a /nope -f'), 'removed /a\nremoved /nope\n')
    assert.equal(await nexus('ls'), '')
    assert.equal(await nexus('restore /a'), 'restored /a\n')
    assert.equal(await nexus('cat /a/b/f'), 'x')
    assert.deepEqual(await json('rm /a/b/f'), { removed: ['/a/b/f'] })
    await nexus('write /one --text x')
    const half = await tryNexus('rm /one /two --json')
    assert.equal(half.code, 3)
    assert.deepEqual(JSON.parse(half.stdout), { removed: ['/one'] }, 'what was done is told although the rest failed')
    assert.equal(await nexus('restore /a/b/f --to /f'), 'restored /f v1\n')
    assert.equal(Object(await json('mkdir /json')).kind, 'directory')
    assert.equal(Object(await json('cp /f /json/f')).path, '/json/f')
    assert.equal(Object(await json('mv /json/f /json/g')).path, '/json/g')
  })
})

describe('versions and rollback', () => {
  it('show the history and go back in it', async () => {
    await nexus('write /a --text one -m first')
    await nexus('write /a --text three -m second')
    assert.equal(await nexus('rollback /a 1 -m third'), '/a v3 is v1 again\n')
    assert.equal(await nexus('cat /a'), 'one')
    const lines = ['v3  3 B  TIME  tester  third', 'v2  5 B  TIME  tester  second', 'v1  3 B  TIME  tester  first', '']
    assert.equal(withoutTimes(await nexus('versions /a')), lines.join('\n'))
    const [newest, ...older] = jsonLines(await nexus('log /a --json'))
    assert.deepEqual(
      older.map(({ version }) => version),
      [2, 1],
    )
    assert.deepEqual(Object.keys(newest ?? {}), [
      'version',
      'etag',
      'size',
      'digest',
      'modifiedAt',
      'author',
      'reason',
      'executable',
    ])
    const { code, stderr } = await tryNexus('rollback /a 9')
    assert.equal(code, 3)
    assert.match(stderr, /has no version 9; the latest is 3/)
    assert.equal((await tryNexus('rollback /a 1 --if-match v1')).code, 4)
    assert.equal(Object(await json('rollback /a 2 --if-match v3')).version, 4)
  })
})

describe('import, export and usage', () => {
  it('carry a tree there and back, with modes and times, and store known content once', async () => {
    const source = join(cwd, 'source')
    mkdirSync(join(source, 'deep', 'empty'), { recursive: true })
    writeFileSync(join(source, 'a.txt'), 'x'.repeat(5000))
    writeFileSync(join(source, 'deep', 'same.txt'), 'x'.repeat(5000))
    chmodSync(join(source, 'a.txt'), 0o755)
    utimesSync(join(source, 'a.txt'), 1_000_000_000, 1_000_000_000)
    assert.match(await nexus('import source /s --dry-run'), /^would import 2 files, \d directories, 9\.8 KiB\n$/)
    assert.equal(await nexus('ls'), '')
    assert.match(await nexus('import source /s'), /^imported 2 files, \d directories, 9\.8 KiB\n$/)
    assert.match(await nexus('import source /s'), /; 2 unchanged\n$/)
    assert.equal(Object(await json('import source /s')).unchanged, 2)
    assert.match(await nexus('export /s out'), /^exported 2 files/)
    assert.equal(readFileSync(join(cwd, 'out', 'deep', 'same.txt'), 'utf8'), 'x'.repeat(5000))
    assert.equal(statSync(join(cwd, 'out', 'a.txt')).mode & 0o111, 0o111)
    assert.equal(statSync(join(cwd, 'out', 'a.txt')).mtimeMs, 1_000_000_000_000)
    assert.ok(existsSync(join(cwd, 'out', 'deep', 'empty')))
    assert.deepEqual(Object.keys(Object(await json('export /s out2'))), [
      'files',
      'directories',
      'bytes',
      'unchanged',
      'skippedLinks',
    ])
    const usage = Object(await json('usage'))
    assert.equal(usage.logicalBytes, 10_000)
    assert.equal(usage.storedBytes, 5000)
    assert.equal(usage.dedupRatio, 2)
    const lines = await nexus('du /s')
    assert.match(lines, /^files: {18}2\n/)
    assert.match(lines, /stored: {17}4\.9 KiB \(5,000 bytes\)\nall versions \/ stored: {2}2\.00\n$/)
  })

  it('say what to do about links, targets and sources that stand in the way', async () => {
    mkdirSync(join(cwd, 'source'))
    writeFileSync(join(cwd, 'source', 'a'), 'x')
    symlinkSync('a', join(cwd, 'source', 'link'))
    const link = await tryNexus('import source /s')
    assert.equal(link.code, 2)
    assert.match(link.stderr, /link \(symbolic link\); pass --links skip or --links follow\n$/)
    assert.match(await nexus('import source /s --links skip'), /; 1 link left out\n$/)
    assert.match(await nexus('import source /followed --links follow'), /^imported 2 files/)
    const target = await tryNexus('export /s source')
    assert.equal(target.code, 3)
    assert.match(target.stderr, /AlreadyExists: .*; name a folder that is not there yet\n$/)
    const absent = await tryNexus('import nowhere /s')
    assert.equal(absent.code, 3)
    assert.match(absent.stderr, /NotFound: .*nowhere.*; look at it on this machine\n$/)
  })

  it('show progress to a person who waits, and to nobody else', async () => {
    mkdirSync(join(cwd, 'source'))
    writeFileSync(join(cwd, 'source', 'a'), 'x')
    const { stderr } = await tryNexus('import source /s', { isTTY: true })
    assert.match(stderr, /importing 1/)
    assert.ok(stderr.endsWith('\r\u001b[2K'), 'the line is cleared at the end')
    assert.equal((await tryNexus('import source /t')).stderr, '')
  })
})
