// Guards: fs/model/operations.ts, fs/model/take-options.ts, fs/nexus-fs.ts

import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { describe, it } from 'vitest'
import { openOptions } from './model/open-options.ts'
import { batchWriteFields, type OperationName, operations } from './model/operations.ts'
import { NexusFS } from './nexus-fs.ts'
import { all, failure, memoryFixture, RecordingStore } from './store.test-fixture.ts'

/** Calls as a caller without types makes them. */
type Loose = Record<string, (...args: unknown[]) => Promise<unknown> & AsyncIterable<unknown>>

async function opened(): Promise<{ fs: NexusFS; call(method: string, ...args: unknown[]): Promise<unknown> } & AsyncDisposable> {
  const fixture = await memoryFixture()
  const fs = await fixture.open()
  await fs.write('/a', 'x')
  return { fs, call: callerOf(fs), [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() }
}

function callerOf(fs: NexusFS): (method: string, ...args: unknown[]) => Promise<unknown> {
  const loose = fs as unknown as Loose
  return async (method, ...args) => {
    const result = loose[method]?.(...args)
    if (result === undefined) throw new Error(`there is no ${method}`)
    return Symbol.asyncIterator in result ? all(result) : result
  }
}

/** Every call, with arguments that are right, but for the options at the end. */
const calls: Readonly<Record<OperationName, readonly unknown[]>> = {
  read: ['/a'],
  readText: ['/a'],
  readWithStat: ['/a'],
  readRange: ['/a'],
  readStream: ['/a'],
  write: ['/a', 'x'],
  writeStream: ['/a', ['x']],
  writeAt: ['/a', 0, 'x'],
  truncate: ['/a', 0],
  append: ['/a', 'x'],
  edit: ['/a', () => 'x'],
  writeBatch: [[{ path: '/a', content: 'x' }]],
  symlink: ['target', '/b'],
  chmod: ['/a', 0o600],
  utimes: ['/a'],
  lstat: ['/a'],
  readlink: ['/a'],
  realpath: ['/a'],
  exists: ['/a'],
  stat: ['/a'],
  list: ['/'],
  walk: ['/'],
  mkdir: ['/d'],
  rmdir: ['/d'],
  remove: ['/a'],
  restore: ['/a'],
  move: ['/a', '/b'],
  copy: ['/a', '/b'],
  versions: ['/a'],
  rollback: ['/a', 1],
  usage: ['/'],
  importTree: ['/nowhere', '/t'],
  exportTree: ['/', '/nowhere/at/all'],
  backup: ['/nowhere/at/all'],
}

const badPaths: readonly unknown[] = [
  '',
  'a',
  './a',
  'C:\\a',
  '/..',
  '/a/../b',
  '/a/..',
  '/a\0',
  '/\0',
  '/\ud800',
  '/a\udc00b',
  `/${'x'.repeat(256)}`,
  `/${'é'.repeat(128)}`,
  '/0123456789'.repeat(1500),
  undefined,
  null,
  7,
  Number.NaN,
  {},
  [],
  ['/a'],
  Symbol('/a'),
  () => '/a',
  Object.create(null),
  new Uint8Array([47]),
]

const wrongOptions: Readonly<Record<string, readonly unknown[]>> = {
  signal: [null, true, {}, new AbortController()],
  author: [null, 7, {}, ''],
  reason: [null, 7, {}],
  parents: [null, 0, 'false'],
  recursive: [null, 1, 'yes'],
  force: [null, 1],
  overwrite: [null, 1],
  executable: [null, 1, 'x'],
  mode: [null, '755', -1, 0o10000, 1.5, Number.NaN],
  modifiedAt: [null, 0, '2026-01-01', new Date(Number.NaN)],
  version: [null, '1', {}],
  start: [null, '0'],
  length: [null, '1'],
  pageSize: [null, 0, -1, 1.5, 10_001, Number.NaN, '1'],
  ifMatch: [null, 7, true, {}, { version: '1' }, { version: 1, etag: 'x' }, { digest: 'x' }, { digest: 7 }, []],
  ifNoneMatch: [null, true, '', 'etag'],
  links: [null, 'hold', true],
  dryRun: [null, 1],
  verify: [null, 1],
  to: [null, 7],
  onProgress: [null, 'x'],
}

const rightValues: Readonly<Record<string, unknown>> = {
  signal: new AbortController().signal,
  author: 'ann',
  reason: 'why',
  parents: false,
  recursive: false,
  force: false,
  overwrite: false,
  executable: false,
  mode: 0o600,
  modifiedAt: new Date(0),
  version: 1,
  start: 0,
  length: 1,
  pageSize: 1,
  ifMatch: 'etag',
  ifNoneMatch: '*',
  links: 'skip',
  dryRun: false,
  verify: false,
  to: '/b',
  onProgress: () => undefined,
  create: true,
  cacheBytes: 1,
}

describe('wrong arguments', () => {
  it('a bad path is refused by every call, as InvalidPath', async () => {
    await using it = await opened()
    for (const [method, [, ...rest]] of Object.entries(calls)) {
      if (['writeBatch', 'symlink', 'importTree', 'exportTree', 'backup'].includes(method)) continue
      for (const path of badPaths) {
        if (method === 'usage' && path === undefined) continue
        const options = method === 'readRange' ? [{ start: 0 }] : []
        const error = await failure(() => it.call(method, path, ...rest, ...options))
        assert.equal(error.code, 'InvalidPath', `${method} ${inspect(path).slice(0, 20)}: ${error.message}`)
        assert.doesNotMatch(error.message, /bug/)
      }
    }
    for (const path of badPaths) {
      for (const call of [
        () => it.call('move', '/a', path),
        () => it.call('copy', '/a', path),
        () =>
          it.call('writeBatch', [
            { path: '/b', content: 'x' },
            { path, content: 'x' },
          ]),
        () => it.call('symlink', 'target', path),
        () => it.call('importTree', '/', path),
        () => it.call('exportTree', path, '/nowhere/at/all'),
      ]) {
        assert.equal((await failure(call)).code, 'InvalidPath', inspect(path).slice(0, 20))
      }
    }
    assert.equal(await it.fs.exists('/b'), false)
  })

  it('a local path that is none is refused before any I/O, as InvalidArgument', async () => {
    await using it = await opened()
    for (const path of ['', 'a\0', 7, null, undefined, {}, ['/a'], Buffer.from('/a'), new URL('file:///a')]) {
      for (const [method, ...args] of [
        ['importTree', path, '/t'],
        ['exportTree', '/', path],
        ['exportTree', '/absent', path],
        ['backup', path],
      ] as const) {
        const error = await failure(() => it.call(method, ...args))
        assert.equal(error.code, 'InvalidArgument', `${method} ${inspect(path)}: ${error.message}`)
        assert.match(error.message, /the local path must be a text/)
      }
    }
  })

  it('options that are no object, or of the wrong type, are refused by every call, as InvalidArgument', async () => {
    await using it = await opened()
    for (const [method, args] of Object.entries(calls)) {
      for (const options of [null, 7, 'x', true]) {
        const error = await failure(() => it.call(method, ...args, options))
        assert.equal(error.code, 'InvalidArgument', `${method} ${options}: ${error.message}`)
      }
      for (const [name, values] of Object.entries(wrongOptions)) {
        for (const value of values) {
          if (name === 'author' && value === '') continue
          const error = await failure(() => it.call(method, ...args, { [name]: value }))
          assert.equal(error.code, 'InvalidArgument', `${method} ${name} ${String(value)}: ${error.message}`)
          assert.ok(error.message.includes(name), error.message)
        }
      }
    }
    assert.equal((await it.fs.stat('/a'))?.kind, 'file')
    assert.equal((await all(it.fs.versions('/a'))).length, 1)
  })

  it('an option that a call does not take is refused before any I/O, whatever its value', async () => {
    await using fixture = await memoryFixture()
    await (await fixture.open()).write('/a', 'x')
    const stores: RecordingStore[] = []
    const fs = await fixture.open({
      overMetadata: (store) => {
        const over = new RecordingStore(store)
        stores.push(over)
        return over
      },
    })
    for (const each of stores) each.forget()
    const names = new Set([...Object.keys(rightValues), 'ifmatch', 'constructor', '__proto__'])
    for (const [method, args] of Object.entries(calls)) {
      const taken = Object.keys(operations[method as OperationName].options)
      for (const name of names) {
        if (taken.includes(name)) continue
        const options = Object.defineProperty({}, name, { value: rightValues[name] ?? 'etag', enumerable: true })
        const error = await failure(() => callerOf(fs)(method, ...args, options))
        assert.equal(error.code, 'InvalidArgument', `${method} ${name}`)
        assert.ok(error.message.startsWith(`${method}: unknown option "${name}"`), error.message)
      }
    }
    for (const name of names) {
      if (Object.hasOwn(batchWriteFields, name)) continue
      const write = Object.defineProperty({ path: '/b', content: 'x' }, name, {
        value: rightValues[name] ?? 'x',
        enumerable: true,
      })
      const error = await failure(() => fs.writeBatch([{ path: '/c', content: 'x' }, write]))
      assert.match(error.message, /^writeBatch: unknown option ".*" in writes\[1\]/)
    }
    assert.deepEqual(
      stores.map(({ reads, commits }) => [reads.length, commits.length]),
      [[0, 0]],
    )
  })

  it('an option is taken from a class or a prototype too, and one that is undefined counts as absent', async () => {
    await using it = await opened()
    class Defaults {
      get author(): string {
        return 'bob'
      }
    }
    assert.equal((await it.fs.write('/a', 'y', new Defaults())).author, 'bob')
    assert.equal((await it.fs.write('/a', 'y', Object.create({ author: 'eve' }))).author, 'eve')
    await it.call('read', '/a', { ifMatch: undefined, nonsense: undefined })
    assert.equal((await failure(() => it.call('read', '/a', Object.create({ ifMatch: 'etag' })))).code, 'InvalidArgument')
  })

  it('a misspelt option is refused, so that no precondition gets lost', async () => {
    await using it = await opened()
    const error = await failure(() => it.call('write', '/a', 'lost', { ifmatch: 'etag' }))
    assert.equal(error.code, 'InvalidArgument')
    assert.match(error.message, /unknown option "ifmatch" \(did you mean "ifMatch"\?\); it takes ifMatch, /)
    assert.equal(
      (await failure(() => it.call('writeBatch', [{ path: '/a', content: 'x', ifNonMatch: '*' }]))).code,
      'InvalidArgument',
    )
    assert.equal(await it.fs.readText('/a'), 'x')
  })

  it('content that is neither text nor bytes is refused', async () => {
    await using it = await opened()
    const contents = [
      undefined,
      null,
      7,
      {},
      [1],
      new ArrayBuffer(1),
      new Uint16Array(1),
      '\ud800',
      () => 'x',
      Promise.resolve('x'),
    ]
    for (const content of contents) {
      for (const call of [
        () => it.call('write', '/a', content),
        () => it.call('append', '/a', content),
        () => it.call('edit', '/a', () => content),
        () => it.call('writeBatch', [{ path: '/a', content }]),
      ]) {
        if (content instanceof Promise && call.toString().includes('edit')) continue
        assert.equal((await failure(call)).code, 'InvalidArgument', String(content))
      }
    }
    assert.equal(await it.fs.readText('/a'), 'x')
  })

  it('content is named for what it is, with the way to its bytes', async () => {
    await using it = await opened()
    const cases: readonly [unknown, RegExp][] = [
      [null, /not null$/],
      [[1], /not an array$/],
      [new ArrayBuffer(1), /not an instance of ArrayBuffer; give new Uint8Array\(buffer\)$/],
      [new Uint16Array(1), /an instance of Uint16Array; give new Uint8Array\(view\.buffer/],
      [new Blob(['x']), /an instance of Blob; give await blob\.bytes\(\)$/],
      [new ReadableStream(), /an instance of ReadableStream; a stream is read first/],
      [Promise.resolve('x'), /an instance of Promise; await it first$/],
    ]
    for (const [content, message] of cases) {
      assert.match((await failure(() => it.call('write', '/a', content))).message, message)
    }
  })

  it('a path that ends with a slash is a directory for a call that writes a file', async () => {
    await using it = await opened()
    for (const path of ['/new/', '/a/', '/new/.', '//']) {
      for (const call of [
        () => it.fs.write(path, 'x'),
        () => it.fs.append(path, 'x'),
        () => it.fs.edit(path, () => 'x'),
        () => it.fs.writeBatch([{ path, content: 'x' }]),
        () => it.fs.copy('/a', path, { overwrite: true }),
      ]) {
        assert.equal((await failure(call)).code, 'IsADirectory', `${call} ${path}`)
      }
    }
    assert.equal((await failure(() => it.fs.move('/a', '/new/'))).code, 'IsADirectory')
    assert.equal((await it.fs.mkdir('/d/')).path, '/d')
    assert.equal((await it.fs.move('/d/', '/e/')).path, '/e')
    assert.match((await failure(() => it.fs.move('/a', '/e'))).message, /^\/e is a directory; to put it in there, write \/e\/a$/)
    assert.match((await failure(() => it.fs.copy('/a', '/e', { overwrite: true }))).message, /write \/e\/a$/)
  })

  it('a batch that is no list of writes is refused, and an empty one writes nothing', async () => {
    await using it = await opened()
    for (const writes of [undefined, null, 7, {}, 'x', [null], [7], ['/a'], [{ path: '/b', content: 'x' }, undefined]]) {
      assert.equal((await failure(() => it.call('writeBatch', writes))).code, 'InvalidArgument', String(writes))
    }
    assert.deepEqual(await it.call('writeBatch', []), [])
    assert.equal(await it.fs.exists('/b'), false)
  })

  it('a range of broken or negative numbers is refused', async () => {
    await using it = await opened()
    for (const range of [
      { start: -1 },
      { start: 0.5 },
      { start: Number.NaN },
      { start: 0, length: -1 },
      { start: 0, length: 1e300 },
    ]) {
      assert.equal((await failure(() => it.fs.readRange('/a', range))).code, 'InvalidArgument')
    }
    assert.equal((await failure(() => it.call('readRange', '/a', {}))).code, 'InvalidArgument')
  })

  it('a version that is no whole number from 1 is refused, one that is missing is not found', async () => {
    await using it = await opened()
    for (const version of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const method of ['read', 'readText', 'readWithStat']) {
        assert.equal((await failure(() => it.call(method, '/a', { version }))).code, 'InvalidArgument')
      }
      assert.equal((await failure(() => it.fs.rollback('/a', version))).code, 'InvalidArgument')
    }
    for (const version of [undefined, null, '1', {}]) {
      assert.equal((await failure(() => it.call('rollback', '/a', version))).code, 'InvalidArgument', String(version))
    }
    assert.equal((await failure(() => it.fs.read('/a', { version: 2 }))).code, 'NotFound')
    assert.equal((await failure(() => it.fs.rollback('/a', 2))).code, 'NotFound')
    assert.equal((await all(it.fs.versions('/a'))).length, 1)
  })

  it('an author of no or of more than 255 bytes, and a reason of more than 4,096, are refused', async () => {
    await using it = await opened()
    for (const options of [
      { author: '' },
      { author: 'é'.repeat(128) },
      { author: '\ud800' },
      { reason: 'x'.repeat(4097) },
      { reason: '\ud800' },
    ]) {
      assert.equal((await failure(() => it.fs.write('/a', 'y', options))).code, 'InvalidArgument', JSON.stringify(options))
      assert.equal((await failure(() => it.fs.mkdir('/d', options))).code, 'InvalidArgument')
    }
    await it.fs.write('/a', 'y', { author: 'x'.repeat(255), reason: 'x'.repeat(4096) })
  })

  it('an edit whose change is no function is refused; what a change throws comes through as it is', async () => {
    await using it = await opened()
    for (const change of [undefined, null, 'x', 7]) {
      assert.equal((await failure(() => it.call('edit', '/a', change))).code, 'InvalidArgument')
    }
    const own = new RangeError('mine')
    await assert.rejects(
      it.fs.edit('/a', () => {
        throw own
      }),
      (error) => error === own,
    )
  })
})

describe('opening', () => {
  it('without two layers is refused', async () => {
    const open = NexusFS.open as (options?: unknown) => Promise<unknown>
    for (const options of [undefined, null, {}, { storage: 'local:x', metadata: 'sqlite:x' }, { storage: {}, metadata: {} }]) {
      assert.equal((await failure(() => open(options))).code, 'InvalidArgument')
    }
  })

  it('with wrong sizes or a wrong author is refused', async () => {
    await using fixture = await memoryFixture()
    for (const options of [
      { cacheBytes: -1 },
      { cacheBytes: 1.5 },
      { inlineBytes: -1 },
      { inlineBytes: 131_073 },
      { inlineBytes: Number.NaN },
      { author: '' },
      { author: 'x'.repeat(256) },
    ]) {
      assert.equal((await failure(() => fixture.open(options))).code, 'InvalidArgument', JSON.stringify(options))
    }
  })

  it('with an option that is misspelt or of the wrong type is refused', async () => {
    await using fixture = await memoryFixture()
    const misspelt = await failure(() => fixture.open({ inlinBytes: 3 } as object))
    assert.equal(misspelt.code, 'InvalidArgument')
    assert.match(misspelt.message, /^NexusFS\.open: unknown option "inlinBytes" \(did you mean "inlineBytes"\?\)/)
    for (const name of Object.keys(openOptions)) {
      if (name === 'storage' || name === 'metadata') continue
      assert.equal((await failure(() => fixture.open({ [name]: null }))).code, 'InvalidArgument', name)
    }
  })
})

describe('a closed file system', () => {
  it('refuses every call with Closed, and may be closed again', async () => {
    const it = await opened()
    await it.fs.close()
    await it.fs.close()
    for (const [method, args] of Object.entries(calls)) {
      assert.equal((await failure(() => it.call(method, ...args))).code, 'Closed', method)
    }
    await it[Symbol.asyncDispose]()
  })

  it('has finished the calls that were under way', async () => {
    await using it = await opened()
    const writes = Array.from({ length: 20 }, (_, n) => it.fs.write(`/under-way/${n}`, 'x'))
    const closing = it.fs.close()
    assert.equal((await failure(() => it.fs.read('/a'))).code, 'Closed')
    assert.deepEqual(
      (await Promise.all(writes)).map(({ version }) => version),
      Array(20).fill(1),
    )
    await closing
  })
})
