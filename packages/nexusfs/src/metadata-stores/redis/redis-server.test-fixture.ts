import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { requireOwnOrSkip } from '../../../../../services/require-or-skip.ts'
import type { OwnServer, RunningService } from '../../../../../services/service.ts'
import { utf8 } from '../../core/bytes.ts'
import { isNexusError, type NexusError } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'
import type { CommitResult, Expectation, Key } from '../../metadata/metadata-store.ts'
import type { RedisStoreOptions } from './options.ts'
import { RedisStore } from './redis-store.ts'

/** A Redis of the test's own. */
export interface TestServer {
  readonly port: number
  readonly own: OwnServer
  /** With `user:password@`, if any. */
  url(login?: string): string
  /** Runs one command on a connection of its own, behind the back of every store. */
  command(name: string, ...args: readonly string[]): Promise<unknown>
  /** Cuts every connection. */
  cutClients(): Promise<void>
}

const running: RunningService[] = []

/** `undefined` where Redis is not installed. Stopped by `stopServers`. */
export async function startServer(settings: Readonly<Record<string, string>> = {}): Promise<TestServer | undefined> {
  const service = await requireOwnOrSkip('redis', { settings })
  if (service?.own === undefined) return undefined
  running.push(service)
  const { own } = service
  const command = (name: string, ...args: readonly string[]): Promise<unknown> => runCommand(own.port, name, args)
  return {
    port: own.port,
    own,
    url: (login = '') => `redis://${login}127.0.0.1:${own.port}`,
    command,
    cutClients: async () => {
      await command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    },
  }
}

/** The same where the test has established that there is Redis. */
export async function mustStart(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  return (await startServer(settings)) ?? assert.fail('Redis was here a moment ago')
}

export async function stopServers(): Promise<void> {
  for (const service of running.splice(0)) await service.stop()
}

async function runCommand(port: number, name: string, args: readonly string[]): Promise<unknown> {
  const client = new Redis({ port, host: '127.0.0.1', protocol: 2, enableReadyCheck: false })
  try {
    return await client.call(name, [...args])
  } finally {
    client.disconnect()
  }
}

/** The error with which opening fails. */
export async function refusal(options: RedisStoreOptions): Promise<NexusError> {
  return failure(async () => (await RedisStore.open(options)).close())
}

/** The error with which `work` fails, which must be ours. */
export async function failure(work: () => Promise<unknown>): Promise<NexusError> {
  try {
    await work()
  } catch (error) {
    if (isNexusError(error)) return error
    throw error
  }
  return assert.fail('it did not fail')
}

export function key(item: string, group = 'g'): Key {
  return { group: utf8(group), item: utf8(item) }
}

/** One commit that puts one entry. */
export async function put(
  store: RedisStore,
  item: string,
  value = '',
  expect: readonly Expectation[] = [],
): Promise<CommitResult> {
  const [result] = await store.commit([{ expect, writes: [{ kind: 'put', key: key(item), value: utf8(value) }] }])
  return result ?? assert.fail('a commit without a result')
}

export async function mustPut(store: RedisStore, item: string, value = ''): Promise<Revision> {
  const result = await put(store, item, value)
  return result.status === 'committed' ? result.revision : assert.fail(`not committed but ${result.status}`)
}

/** The text under a key. */
export async function textOf(store: RedisStore, item: string): Promise<string | undefined> {
  const { get } = await store.read({ get: [key(item)] })
  return get[0] === undefined ? undefined : new TextDecoder().decode(get[0].value)
}
