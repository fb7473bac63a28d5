import assert from 'node:assert/strict'
import type { StorageBackend } from 'nexusfs'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { test } from 'vitest'
import { expectEqual } from './expect.ts'
import { type ConformanceSubject, type Law, namespacesOfProcesses } from './law.ts'
import { aboutChance, reportText } from './reproduction.ts'
import { runConformance } from './run-conformance.ts'

/** Opens nothing real: the laws here only look at how they are run. */
function subject(events: string[]): ConformanceSubject<StorageBackend> {
  const port: StorageBackend = {
    info: {
      name: 'none',
      portVersion: 1,
      durability: 'none',
      isShared: false,
      location: 'nowhere',
      limits: { blobBytes: 0 },
      capabilities: { staging: false },
    },
    put: async () => {},
    get: async () => new Uint8Array(),
    stream: async function* () {},
    stat: async () => [],
    delete: async () => {},
    list: async () => ({ blobs: [] }),
    close: async () => {
      events.push('close')
    },
  }
  const note = (event: string, namespace: string): void => {
    events.push(`${event} ${namespace.replace(/-[0-9a-f]{16}$/, '')}`)
  }
  return {
    kind: 'storage',
    name: 'fake',
    open: async (namespace) => {
      note('open', namespace)
      return port
    },
    dispose: async (namespace) => note('dispose', namespace),
  }
}

function law(id: string, check: Law<StorageBackend>['check'], more: Partial<Law<StorageBackend>> = {}): Law<StorageBackend> {
  return { id, member: 'put', title: `title of ${id}`, sentence: `sentence of ${id}`, check, ...more }
}

test('each law has a namespace of its own that is opened, closed and disposed of', async () => {
  const events: string[] = []
  const openTwice = law('two', async ({ openAnother }) => {
    await openAnother()
  })
  const report = await runConformance(subject(events), [law('one', async () => {}), openTwice])
  assert.equal(report.passed, 2)
  assert.deepEqual(events, ['open one', 'close', 'dispose one', 'open two', 'open two', 'close', 'close', 'dispose two'])
})

test('a broken law is reported with all that is needed to see it again, and ends nothing', async () => {
  const events: string[] = []
  const broken = law('sum', async () => expectEqual({ sum: 3 }, { sum: 4 }, 'the sum', 'ab/cd'))
  const report = await runConformance(subject(events), [broken, law('after', async () => {})], { seed: 7 })
  assert.deepEqual([report.failed, report.passed], [1, 1])
  assert.deepEqual(reportText(report).split('\n'), [
    'fake breaks the law sum: title of sum',
    '  seed:     7',
    '  sentence: sentence of sum',
    '  found:    the sum',
    '  key:      ab/cd',
    '  expected: { sum: 4 }',
    '  actual:   { sum: 3 }',
    "  replay:   runConformance(subject, laws, { seed: 7, only: ['sum'] })",
    'fake: 1 passed, 1 failed, 0 skipped (seed 7)',
    aboutChance,
  ])
  assert.equal(events.filter((event) => event.startsWith('dispose')).length, 2)
})

test('a law whose requirement is not met is skipped with the reason', async () => {
  const requires = { description: 'wings', isMet: () => false }
  const never = law('fly', async () => assert.fail('checked'), { requires })
  const report = await runConformance(subject([]), [never])
  assert.deepEqual(report.results, [{ id: 'fly', title: 'title of fly', status: 'skipped', reason: 'requires wings' }])
})

test('a law about processes is not checked where the subject names no module, and the report says so', async () => {
  const right = subject([])
  const shared = { ...right, open: async (name: string) => sharedBy(await right.open(name)) }
  const never = law('two', async () => assert.fail('checked'), { requires: namespacesOfProcesses() })
  const report = await runConformance(shared, [never], { seed: 7 })
  assert.deepEqual([report.passed, report.failed, report.skipped, report.unchecked], [0, 0, 0, 1])
  const [line, counts] = reportText(report).split('\n')
  assert.match(line ?? '', /^NOT CHECKED two: .*otherProcess: \{ module: import.meta.url, options \}/)
  assert.equal(counts, 'fake: 0 passed, 0 failed, 0 skipped, 1 NOT CHECKED (seed 7)')
})

test('another process that cannot make the subject, or ends, breaks the law with what it said', async () => {
  const right = subject([])
  const run = async (module: string | URL): Promise<string> => {
    const shared = { ...right, otherProcess: { module }, open: async (name: string) => sharedBy(await right.open(name)) }
    const asks = law(
      'ask',
      async ({ openInOtherProcess }) => void (await (await openInOtherProcess()).run(import.meta.url, 'work')),
    )
    return reportText(await runConformance(shared, [asks]))
  }
  assert.match(await run('file:///nowhere/subject.js'), /subject.js cannot be loaded \(a plain node has to be able to import it/)
  assert.match(await run('data:text/javascript,export default 1'), /makes no subject/)
  assert.match(await run('data:text/javascript,process.exit(7)'), /the other process of the law: it ended \(exit 7\)/)
})

function sharedBy(port: StorageBackend): StorageBackend {
  return { ...port, info: { ...port.info, isShared: true } }
}

test('a law that does not end is broken at its deadline, and its signal fires', async () => {
  let fired = false
  const hanging = law(
    'hang',
    ({ signal }) => {
      signal.addEventListener('abort', () => {
        fired = true
      })
      return new Promise(() => {})
    },
    { deadlineMs: 10 },
  )
  const report = await runConformance(subject([]), [hanging])
  assert.match(reportText(report), /the law had not ended after 10 ms/)
  assert.equal(fired, true)
})

test('the seed and the law alone decide what a law draws, whatever else runs', async () => {
  const drawn: number[] = []
  const draw = law('draw', async ({ random }) => {
    drawn.push(random.integer(0, 1e9))
  })
  const other = law('other', async ({ random }) => {
    random.bytes(100)
  })
  await runConformance(subject([]), [other, draw], { seed: 1 })
  await runConformance(subject([]), [other, draw], { seed: 1, only: ['draw'] })
  await runConformance(subject([]), [draw], { seed: 2 })
  assert.equal(drawn[0], drawn[1])
  assert.notEqual(drawn[1], drawn[2])
})

test('what goes wrong in closing after a broken law is told with it', async () => {
  const failing = { ...subject([]), dispose: () => new Promise<void>(() => {}) }
  const report = await runConformance(failing, [law('sad', async () => expectEqual(1, 2, 'one'))], { deadlineMs: 20 })
  assert.match(reportText(report), /found: {4}one\n.*\n.*\n {2}then: {5}disposing of the namespace had not ended after 20 ms/)
})

test('a subject that cannot be opened ends the run with one sentence', async () => {
  const closed = new NexusError('Unavailable', 'the server is down')
  const failing = { ...subject([]), open: () => Promise.reject(closed) }
  const laws = [law('one', async () => {}), law('two', async () => {})]
  await assert.rejects(runConformance(failing, laws), (error) => {
    assert.ok(isNexusError(error, 'Unavailable'))
    assert.equal(error.message, 'fake cannot be opened: NexusError Unavailable: the server is down; no law was checked')
    return error.cause === closed
  })
})

test('members of the port that a subject lacks are named once', async () => {
  const right = subject([])
  const open = async (name: string): Promise<StorageBackend> => {
    const port = { ...(await right.open(name)) }
    for (const member of ['stat', 'list']) Reflect.deleteProperty(port, member)
    return port
  }
  const lacking = { ...right, open }
  await assert.rejects(runConformance(lacking, [law('one', async () => {})]), {
    message: 'fake is no StorageBackend: it has no stat, no list; no law was checked',
  })
})

test('a later namespace that cannot be opened breaks its law alone', async () => {
  const right = subject([])
  let opened = 0
  const open = (name: string): Promise<StorageBackend> => {
    opened += 1
    return opened === 2 ? Promise.reject(new Error('too many')) : right.open(name)
  }
  const laws = ['one', 'two', 'six'].map((id) => law(id, async () => {}))
  const report = await runConformance({ ...right, open }, laws)
  assert.deepEqual([report.passed, report.failed], [2, 1])
  assert.match(reportText(report), /fake breaks the law two(.|\n)*found: +cannot be opened: Error: too many/)
})

test('an error that closing throws breaks the law', async () => {
  const failing = { ...subject([]), dispose: () => Promise.reject(new Error('disk on fire')) }
  const report = await runConformance(failing, [law('calm', async () => {})])
  assert.match(reportText(report), /disk on fire/)
})

test('two laws of one id, and the id of no law, are refused', async () => {
  const one = law('one', async () => {})
  await assert.rejects(runConformance(subject([]), [one, one]), (error) => isNexusError(error, 'InvalidArgument'))
  await assert.rejects(runConformance(subject([]), [one], { only: ['two'] }), (error) => isNexusError(error, 'InvalidArgument'))
})

test('a cancelled run rejects with Aborted once the namespace in use is disposed of', async () => {
  const events: string[] = []
  const cancel = new AbortController()
  const hanging = law('hang', () => {
    cancel.abort()
    return new Promise(() => {})
  })
  const run = runConformance(subject(events), [hanging, law('after', async () => {})], { signal: cancel.signal })
  await assert.rejects(run, (error) => isNexusError(error, 'Aborted'))
  assert.deepEqual(events, ['open hang', 'close', 'dispose hang'])
})
