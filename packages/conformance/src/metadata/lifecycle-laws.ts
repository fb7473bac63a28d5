import { setImmediate } from 'node:timers/promises'
import type { StoreCallOptions } from 'nexusfs'
import { expectEqual, expectRejection, expectThat, settle } from '../expect.ts'
import { clientsShareANamespace, opensAgain } from '../law.ts'
import { together } from './alongside.ts'
import { absent, commitOf, entryOf, itemsOf, key, type MetadataLaw, mustCommit, put, scan, textOf, upTo } from './fixtures.ts'
import { entry, streamOf } from './load-one.ts'
import { sentences } from './sentences.ts'

export const lifecycleLaws: readonly MetadataLaw[] = [
  {
    id: 'commit-durable',
    member: 'commit',
    title: 'what was acknowledged is there after close and open: puts, deletes and every member of a list',
    sentence: sentences.durable,
    requires: opensAgain(),
    async check({ port, openAnother }) {
      await mustCommit(port, [put(key('deleted')), put(key('a'), 'old')])
      await port.commit([
        commitOf([put(key('a'), 'new')]),
        commitOf([put(key('b'), 'new')]),
        commitOf([{ kind: 'delete', key: key('deleted') }]),
      ])
      await port.close()
      const reopened = await openAnother()
      expectEqual(await itemsOf(reopened, scan('g')), ['a', 'b'], 'the keys')
      expectEqual(await textOf(reopened, key('a')), 'new', 'the value')
    },
  },
  {
    id: 'reopen-revisions',
    member: 'commit',
    title: 'revisions and horizon go on after close and open, and never begin anew',
    sentence: sentences.serial,
    requires: opensAgain(),
    async check({ port, openAnother }) {
      for (const round of upTo(5)) await mustCommit(port, [put(key('a'), String(round))])
      const last = await mustCommit(port, [{ kind: 'delete', key: key('a') }])
      await port.close()
      const reopened = await openAnother()
      const horizon = await reopened.horizon()
      expectThat(horizon >= last, 'the horizon', { expected: `at least ${last}`, actual: horizon })
      const revision = await mustCommit(reopened, [put(key('b'))])
      expectThat(revision > last, 'the next revision', { expected: `above ${last}`, actual: revision })
    },
  },
  {
    id: 'abort-commit',
    member: 'commit',
    title: 'a commit whose signal has fired is refused with the outcome none, and applies nothing',
    sentence: sentences.aborted,
    async check({ port }) {
      const call = () => port.commit([commitOf([put(key('a'))])], { signal: AbortSignal.abort() })
      const error = await expectRejection(call, 'Aborted', 'the commit is refused')
      expectEqual(error.context.outcome, 'none', 'the outcome')
      expectEqual(await entryOf(port, key('a')), undefined, 'nothing was applied')
    },
  },
  {
    id: 'abort-read',
    member: 'read',
    title: 'a read or a horizon whose signal has fired is refused',
    sentence: sentences.aborted,
    async check({ port }) {
      const options: StoreCallOptions = { signal: AbortSignal.abort() }
      await expectRejection(() => port.read({ get: [key('a')] }, options), 'Aborted', 'the read is refused')
      await expectRejection(() => port.horizon(options), 'Aborted', 'the horizon is refused')
    },
  },
  {
    id: 'abort-load',
    member: 'load',
    title: 'a load whose signal has fired is refused, and loads nothing',
    sentence: sentences.aborted,
    async check({ port }) {
      const call = () => port.load(streamOf([entry('a', '', 5)]), { signal: AbortSignal.abort() })
      await expectRejection(call, 'Aborted', 'the load is refused')
      expectEqual(await itemsOf(port, scan('g')), [], 'nothing was loaded')
    },
  },
  {
    id: 'abort-midway',
    member: 'commit',
    title: 'a signal that fires during a commit ends it, whole or not at all, and the client works on',
    sentence: sentences.aborted,
    async check({ port }) {
      for (const round of upTo(10)) {
        const controller = new AbortController()
        const [first, second] = [key(`first-${round}`), key(`second-${round}`)]
        const commit = settle(() => port.commit([commitOf([put(first), put(second)])], { signal: controller.signal }))
        controller.abort()
        const outcome = await commit
        if (outcome.status === 'rejected') await expectRejection(() => Promise.reject(outcome.reason), 'Aborted', 'how it ends')
        const { get } = await port.read({ get: [first, second] })
        expectEqual(get[0]?.revision, get[1]?.revision, 'both keys or none')
      }
      await mustCommit(port, [put(key('after'))], [absent(key('after'))])
    },
  },
  {
    id: 'abort-late',
    member: 'commit',
    title: 'a signal that fires after the commit has ended changes nothing',
    sentence: sentences.aborted,
    async check({ port }) {
      const controller = new AbortController()
      await port.commit([commitOf([put(key('a'), 'kept')])], { signal: controller.signal })
      controller.abort()
      expectEqual(await textOf(port, key('a')), 'kept', 'the commit stays')
      await mustCommit(port, [put(key('b'))])
    },
  },
  {
    id: 'close-again',
    member: 'close',
    title: 'close may be called again, and at the same time',
    sentence: sentences.close,
    async check({ port }) {
      await together([() => port.close(), () => port.close()])
      await port.close()
    },
  },
  {
    id: 'close-refuses-read',
    member: 'close',
    title: 'read and horizon after close are refused with Closed',
    sentence: sentences.close,
    async check({ port }) {
      await port.close()
      await expectRejection(() => port.read({}), 'Closed', 'an empty read after close')
      await expectRejection(() => port.read({ get: [key('a')] }), 'Closed', 'a read after close')
      await expectRejection(() => port.horizon(), 'Closed', 'horizon after close')
    },
  },
  {
    id: 'close-refuses-commit',
    member: 'close',
    title: 'commit, load and watch after close are refused with Closed',
    sentence: sentences.close,
    async check({ port }) {
      await port.close()
      await expectRejection(() => port.commit([commitOf([put(key('a'))])]), 'Closed', 'commit after close')
      await expectRejection(() => port.load(streamOf([entry('a', '', 5)])), 'Closed', 'load after close')
      if (!port.info.capabilities.watch) return
      await expectRejection(() => port.watch?.(() => {}), 'Closed', 'watch after close')
    },
  },
  {
    id: 'close-waits',
    member: 'close',
    title: 'close waits for the calls under way, which end as if it had not been called',
    sentence: sentences.close,
    async check({ port }) {
      let running = 0
      const track = async (call: Promise<unknown>): Promise<void> => {
        running += 1
        await call.finally(() => {
          running -= 1
        })
      }
      const commits = upTo(100).map((index) => track(mustCommit(port, [put(key(`item-${index}`))])))
      const calls = Promise.allSettled([...commits, track(port.read({ get: [key('item-0')] }))])
      await port.close()
      await setImmediate()
      expectEqual(running, 0, 'calls that still run when close has ended')
      for (const outcome of await calls) if (outcome.status === 'rejected') throw outcome.reason
    },
  },
  {
    id: 'close-alone',
    member: 'close',
    title: 'closing one client leaves others of the namespace open',
    sentence: sentences.close,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const other = await openAnother()
      await mustCommit(port, [put(key('a'), 'kept')])
      await port.close()
      expectEqual(await textOf(other, key('a')), 'kept', 'the other reads')
      await mustCommit(other, [put(key('a'), 'written')])
      expectEqual(await textOf(other, key('a')), 'written', 'the other writes')
    },
  },
]
