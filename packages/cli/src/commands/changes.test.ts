import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { CaseFolder, jsonLines, withoutTimes } from '../testing/case-folder.ts'

const fixture = new CaseFolder()
const { nexus, tryNexus, json } = fixture
beforeEach(() => fixture.next())
afterAll(() => fixture.remove())

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
      ['cp /a /c', /IsADirectory: \/a is a directory; pass -r to copy a directory, or end/],
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
    assert.equal(await nexus('rm -r /a /nope -f'), 'removed /a\n')
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
      'changedAt',
      'author',
      'reason',
      'mode',
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
    const source = join(fixture.cwd, 'source')
    mkdirSync(join(source, 'deep', 'empty'), { recursive: true })
    writeFileSync(join(source, 'a.txt'), 'x'.repeat(5000))
    writeFileSync(join(source, 'deep', 'same.txt'), 'x'.repeat(5000))
    chmodSync(join(source, 'a.txt'), 0o755)
    utimesSync(join(source, 'a.txt'), 1_000_000_000, 1_000_000_000)
    assert.match(
      await nexus('import source /s --dry-run'),
      /\nadd {4}\/s\/deep\/same.txt\nwould import 2 files, \d directories, 9\.8 KiB\n$/,
    )
    assert.equal(await nexus('ls'), '')
    assert.match(await nexus('import source /s'), /^imported 2 files, \d directories, 9\.8 KiB\n$/)
    assert.match(await nexus('import source /s'), /; 2 unchanged\n$/)
    assert.equal(Object(await json('import source /s')).unchanged, 2)
    assert.match(await nexus('export /s out'), /^exported 2 files/)
    assert.equal(readFileSync(join(fixture.cwd, 'out', 'deep', 'same.txt'), 'utf8'), 'x'.repeat(5000))
    assert.equal(statSync(join(fixture.cwd, 'out', 'a.txt')).mode & 0o111, 0o111)
    assert.equal(statSync(join(fixture.cwd, 'out', 'a.txt')).mtimeMs, 1_000_000_000_000)
    assert.ok(existsSync(join(fixture.cwd, 'out', 'deep', 'empty')))
    assert.deepEqual(Object.keys(Object(await json('export /s out2'))), [
      'files',
      'directories',
      'links',
      'bytes',
      'unchanged',
      'removed',
      'leftOut',
      'failed',
    ])
    const usage = Object(await json('usage'))
    assert.equal(usage.logicalBytes, 10_000)
    assert.equal(usage.storedBytes, 5000)
    assert.equal(usage.dedupRatio, 2)
    const lines = await nexus('du /s')
    assert.match(lines, /^files: +2\n/)
    assert.match(lines, /all versions: +9\.8 KiB \(10,000 bytes\)\n$/)
    assert.match(await nexus('du'), /stored: {17}4\.9 KiB \(5,000 bytes\)\nall versions \/ stored: {2}2\.00\n$/)
  })

  it('say what to do about links, targets and sources that stand in the way', async () => {
    mkdirSync(join(fixture.cwd, 'source'))
    writeFileSync(join(fixture.cwd, 'source', 'a'), 'x')
    symlinkSync('a', join(fixture.cwd, 'source', 'link'))
    const link = await tryNexus('import source /s --links refuse')
    assert.equal(link.code, 2)
    assert.match(link.stderr, /link \(symbolic link\); pass --links keep, skip or follow\n$/)
    assert.match(await nexus('import source /kept'), /^imported 1 file, 1 directory, 1 link, 1 B\n$/)
    assert.match(await nexus('import source /s --links skip'), /; 1 left out\n$/)
    assert.match(await nexus('import source /followed --links follow'), /^imported 2 files/)
    const target = await tryNexus('export /s source')
    assert.equal(target.code, 3)
    assert.match(target.stderr, /AlreadyExists: .*; name a folder that is not there yet\n$/)
    const absent = await tryNexus('import nowhere /s')
    assert.equal(absent.code, 3)
    assert.match(absent.stderr, /NotFound: .*nowhere.*; look at it on this machine\n$/)
  })

  it('go on past what cannot be imported, name it and end with 1; a store in the folder is left out', async () => {
    writeFileSync(join(fixture.cwd, 'a'), 'x')
    writeFileSync(Buffer.concat([Buffer.from(`${fixture.cwd}/bad-`), Buffer.from([0xff])]), 'x')
    writeFileSync(join(fixture.cwd, 'b.log'), 'x')
    const { code, stdout, stderr } = await tryNexus('import . /s --exclude *.log')
    assert.equal(code, 1)
    assert.match(stdout, /^imported \d files?, 1 directory, .*; 3 left out\n$/)
    assert.equal(
      stderr,
      'nexus: left out: .nexus: a store of Nexus\nnexus: left out: bad-\\xff: its name is not UTF-8, or too long; rename it\n',
    )
    const { leftOut, failed } = Object(JSON.parse((await tryNexus('import . /s --json --exclude *.log')).stdout))
    assert.deepEqual([leftOut.length, failed], [3, 1])
    assert.match((await tryNexus('import . /s --exclude !a')).stderr, /InvalidArgument: exclude: "!a" is not a pattern/)
  })

  it('show progress to a person who waits, and to nobody else', async () => {
    mkdirSync(join(fixture.cwd, 'source'))
    writeFileSync(join(fixture.cwd, 'source', 'a'), 'x')
    const { stderr } = await tryNexus('import source /s', { isTTY: true })
    assert.match(stderr, /importing 1/)
    assert.ok(stderr.endsWith('\r\u001b[2K'), 'the line is cleared at the end')
    assert.equal((await tryNexus('import source /t')).stderr, '')
  })
})
