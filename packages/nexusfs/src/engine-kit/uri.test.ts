import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { parseUri, pathOfUri } from './uri.ts'

describe('parseUri', () => {
  it('splits a text at its scheme', () => {
    assert.deepEqual(parseUri('sqlite:./meta.db'), { scheme: 'sqlite', rest: './meta.db' })
    assert.deepEqual(parseUri('s3://bucket/a:b'), { scheme: 's3', rest: '//bucket/a:b' })
    assert.deepEqual(parseUri('memory:'), { scheme: 'memory', rest: '' })
  })

  it('takes everything else for a path', () => {
    for (const path of ['./data', '/srv/data', 'data', 'C:\\data', './a:b', 'Data:x', '.nexus', 'a-b:c']) {
      assert.deepEqual(parseUri(path), { scheme: undefined, rest: path })
    }
  })

  it('refuses empty text and NUL characters', () => {
    assert.throws(() => parseUri(''), { code: 'InvalidArgument' })
    assert.throws(() => parseUri('local:a\0b'), { code: 'InvalidArgument' })
  })
})

describe('pathOfUri', () => {
  it('begins relative paths at the given folder', () => {
    assert.equal(pathOfUri('local:blobs', '/srv'), '/srv/blobs')
    assert.equal(pathOfUri('sqlite:../meta.db', '/srv/app'), '/srv/meta.db')
    assert.equal(pathOfUri('./data', '/srv'), '/srv/data')
    assert.equal(pathOfUri('local:/mnt/disk', '/srv'), '/mnt/disk')
  })

  it('understands ~/ as the home folder, which no shell has seen in a config', () => {
    assert.equal(pathOfUri('~/data', '/srv'), join(homedir(), 'data'))
    assert.equal(pathOfUri('sqlite:~/meta.db', '/srv'), join(homedir(), 'meta.db'))
    assert.equal(pathOfUri('~', '/srv'), homedir())
    assert.equal(pathOfUri('./~/data', '/srv'), '/srv/~/data')
    assert.equal(pathOfUri('~data', '/srv'), '/srv/~data')
  })

  it('understands file URLs, with their escapes', () => {
    assert.equal(pathOfUri('file:///mnt/my%20disk', '/srv'), '/mnt/my disk')
    assert.equal(pathOfUri('file:blobs', '/srv'), '/srv/blobs')
  })

  it('refuses URIs that name no path on this disk', () => {
    for (const uri of ['local:', 'sqlite::memory:', 'file://host/share', 'local://relative']) {
      assert.throws(() => pathOfUri(uri, '/srv'), { code: 'InvalidArgument' }, uri)
    }
  })
})
