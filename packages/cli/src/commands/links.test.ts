import assert from 'node:assert/strict'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { CaseFolder, jsonLines, withoutTimes } from '../testing/case-folder.ts'

const fixture = new CaseFolder()
const { nexus, tryNexus, json } = fixture
beforeEach(async () => {
  await fixture.next()
  await nexus('write /2026/11/notes --text eleven')
  await nexus('write /2026/12/notes --text twelve')
})
afterAll(() => fixture.remove())

describe('ln and readlink', () => {
  it('make a link, switch it, and tell where it leads', async () => {
    assert.equal(await nexus('ln -s 2026/11 /latest'), 'linked /latest -> 2026/11\n')
    assert.equal(await nexus('cat /latest/notes'), 'eleven')
    const taken = await tryNexus('ln -s 2026/12 /latest')
    assert.equal(taken.code, 3)
    assert.match(taken.stderr, /pass -f to replace a link or a file\n$/)
    assert.equal(Object(await json('ln -sf 2026/12 /latest')).version, 2)
    assert.equal(await nexus('cat /latest/notes'), 'twelve')
    assert.equal(await nexus('readlink /latest'), '2026/12\n')
    assert.equal(await nexus('readlink -f /latest/notes'), '/2026/12/notes\n')
    assert.deepEqual(await json('readlink /latest'), { path: '/latest', target: '2026/12' })
    assert.equal(await nexus('readlink --version 1 /latest'), '2026/11\n')
    assert.equal((await tryNexus('readlink --version 3 /latest')).code, 3)
    assert.equal((await tryNexus('readlink -f --version 1 /latest')).code, 2)
    assert.equal((await tryNexus('readlink /2026')).code, 2)
    assert.match((await tryNexus('ln /2026/11/notes /hard')).stderr, /pass -s for a symbolic one/)
  })

  it('are shown by ls, tree and stat', async () => {
    await nexus('ln -s 2026/11 /latest')
    await nexus('ln -s gone /dangling')
    assert.equal(
      withoutTimes(await nexus('ls -l')),
      [
        'drwxr-xr-x  -   -  TIME  tester  2026/',
        'lrwxrwxrwx  4  v1  TIME  tester  dangling -> gone',
        'lrwxrwxrwx  7  v1  TIME  tester  latest -> 2026/11\n',
      ].join('\n'),
    )
    assert.equal(await nexus('ls'), '2026/\ndangling\nlatest\n')
    assert.equal(await nexus('ls /latest'), 'notes\n')
    assert.equal(await nexus('ls /dangling'), 'dangling\n')
    assert.match(await nexus('tree'), /├── dangling -> gone\n└── latest -> 2026\/11\n/)
    assert.match(await nexus('stat /latest'), /^path: +\/latest\nkind: +link\ntarget: +2026\/11\n/)
    assert.match(await nexus('stat -L /latest'), /^path: +\/latest\nkind: +directory\n/)
    assert.deepEqual(
      jsonLines(await nexus('ls --json')).map(({ name, kind, target }) => `${name} ${kind} ${target}`),
      ['2026 directory undefined', 'dangling link gone', 'latest link 2026/11'],
    )
    assert.match(await nexus('du'), /^files: +2\ndirectories: +3\nlinks: +2\n/)
    await nexus('rm /latest')
    assert.equal(await nexus('cat /2026/11/notes'), 'eleven')
  })
})

describe('cp -r', () => {
  it('copies links as links, also those to directories and to nothing', async () => {
    await nexus('ln -s 11 /2026/latest')
    await nexus('ln -s gone /2026/12/dangling')
    assert.equal(await nexus('cp -r /2026 /copy'), 'copied /2026 to /copy, 2 files, 2 links\n')
    assert.equal(await nexus('readlink /copy/latest'), '11\n')
    assert.equal(await nexus('readlink /copy/12/dangling'), 'gone\n')
    assert.equal(await nexus('cat /copy/latest/notes'), 'eleven')
    assert.match((await tryNexus('cp -r /2026 /copy')).stderr, /AlreadyExists: .*pass -f to replace a file/)
    assert.deepEqual(await json('cp -rf /2026 /copy'), { path: '/copy', files: 2, directories: 3, links: 2 })
  })
})

describe('touch', () => {
  it('makes an empty file, and sets the time of what is there', async () => {
    assert.equal(await nexus('touch /new/empty'), 'touched /new/empty v1\n')
    assert.equal(await nexus('cat /new/empty'), '')
    const before = Object(await json('stat /2026/11/notes'))
    const touched = Object(await json('touch /2026/11/notes'))
    assert.deepEqual([touched.version, touched.digest], [2, before.digest])
    assert.ok(touched.modifiedAt > before.modifiedAt)
    assert.equal(await nexus('touch /2026'), 'touched /2026\n')
    await nexus('ln -s made /dangling')
    assert.equal(await nexus('touch /dangling'), 'touched /dangling v1\n')
    assert.equal(await nexus('cat /made'), '')
    assert.equal((await tryNexus('touch /new/empty/below')).code, 3)
  })
})

describe('chmod', () => {
  it('sets the mode of a file or directory', async () => {
    assert.equal(await nexus('chmod 4755 /2026/11/notes'), '-rwsr-xr-x /2026/11/notes\n')
    assert.equal(await nexus('chmod 0700 /2026'), 'drwx------ /2026\n')
    assert.equal(Object(await json('stat /2026')).mode, 0o700)
    for (const wrong of ['rwx', '888', '17777']) assert.equal((await tryNexus(`chmod ${wrong} /2026`)).code, 2)
  })
})

describe('--if-match', () => {
  it('takes a digest, and a write that is done already succeeds again', async () => {
    const { digest } = Object(await json('stat /2026/11/notes'))
    for (let time = 0; time < 2; time++) {
      assert.equal(Object(await json(`write /2026/11/notes --text more --if-match ${digest}`)).version, 2)
    }
    assert.equal((await tryNexus(`write /2026/11/notes --text other --if-match ${digest}`)).code, 4)
  })
})
