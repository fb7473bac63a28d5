import assert from 'node:assert/strict'
import type { HeldCommit } from '@nexusfs/conformance'
import pg from 'pg'
import { requireOrSkip, requireOwnOrSkip } from '../../../../../services/require-or-skip.ts'
import type { OwnServer, RunningService } from '../../../../../services/service.ts'
import { utf8 } from '../../core/bytes.ts'
import { isNexusError, type NexusError } from '../../core/errors.ts'
import { type Revision, revisionZero } from '../../core/revision.ts'
import type { Commit, CommitResult, Expectation, Key, MetadataStore } from '../../metadata/metadata-store.ts'
import { commitArguments, commitResults, planCommit } from './commit-arguments.ts'
import type { PostgresOptions, PostgresSettings } from './options.ts'
import { PostgresStore } from './postgres-store.ts'
import { statementsFor } from './schema.ts'
import { quoteSchema } from './sql-names.ts'

/** The server that the tests of this process share; `undefined` where there is none. */
export const shared: RunningService | undefined = await requireOrSkip('postgres')

/** Where the tests of this file may do what they want. */
export function sharedUrl(): string {
  return shared?.url ?? assert.fail('the test is skipped without a server')
}

/** A server that the test may crash, and must stop. */
export async function ownServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningService & { readonly own: OwnServer }> {
  const service = await requireOwnOrSkip('postgres', { settings })
  assert(service?.own, 'PostgreSQL was here a moment ago')
  return { ...service, own: service.own }
}

let schemas = 0

/** A name no other test uses. */
export function freshSchema(): string {
  schemas++
  return `test_${process.pid}_${schemas}_${Math.random().toString(36).slice(2, 8)}`
}

/** Runs `work` on a raw connection. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** One statement on a connection of its own; the rows as arrays. */
export async function sql(url: string, text: string, values: readonly unknown[] = []): Promise<readonly (readonly unknown[])[]> {
  return withClient(url, async (client) => {
    const result = await client.query({ text, values: [...values], rowMode: 'array' })
    return result.rows
  })
}

export async function dropSchema(url: string, schema: string): Promise<void> {
  await sql(url, `DROP SCHEMA IF EXISTS ${quoteSchema(schema)} CASCADE`)
}

/** Opens a store in a schema of its own, runs `work`, and removes both. */
export async function withStore<T>(
  settings: PostgresSettings,
  work: (store: PostgresStore, options: PostgresOptions) => Promise<T>,
  url: string = sharedUrl(),
): Promise<T> {
  const schema = settings.schema ?? freshSchema()
  const options = { ...settings, schema, url }
  const store = await PostgresStore.open(options)
  try {
    return await work(store, options)
  } finally {
    await store.close()
    await dropSchema(url, schema)
  }
}

/** Draws the commits' revisions in a transaction that stays open until `release`. */
export async function holdCommits(url: string, schema: string, commits: readonly Commit[]): Promise<HeldCommit> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query('BEGIN')
  const named = await client.query({
    text: 'SELECT $1::regnamespace::oid::int8',
    values: [quoteSchema(schema)],
    rowMode: 'array',
  })
  const store = Number(named.rows[0]?.[0])
  const planned = commits.map((commit) => planCommit(store, commit))
  const values = [...commitArguments({ store, seen: revisionZero, time: 0 }, planned, 60_000)]
  const types = { getTypeParser: () => (text: string) => text }
  const called = await client.query({ text: statementsFor(schema).commit, values, rowMode: 'array', types })
  const results = commitResults(String(called.rows[0]?.[0]), commits.length)
  return {
    release: async () => {
      await client.query('COMMIT')
      await client.end()
      return results
    },
  }
}

/** Holds the commits during `work`. */
export async function whileHeld<T>(schema: string | undefined, commits: readonly Commit[], work: () => Promise<T>): Promise<T> {
  const held = await holdCommits(sharedUrl(), schema ?? assert.fail('a store without a schema'), commits)
  try {
    return await work()
  } finally {
    await held.release()
  }
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

/** The error with which opening fails. */
export async function refusal(options: PostgresOptions): Promise<NexusError> {
  return failure(async () => (await PostgresStore.open(options)).close())
}

export function key(item: string, group = 'g'): Key {
  return { group: utf8(group), item: utf8(item) }
}

/** A commit that puts one entry. */
export function putting(item: string, value = '', expect: readonly Expectation[] = [], group = 'g'): Commit {
  return { expect, writes: [{ kind: 'put', key: key(item, group), value: utf8(value) }] }
}

export async function put(
  store: MetadataStore,
  item: string,
  value = '',
  expect: readonly Expectation[] = [],
): Promise<CommitResult> {
  const [result] = await store.commit([putting(item, value, expect)])
  return result ?? assert.fail('a commit without a result')
}

export async function mustPut(store: MetadataStore, item: string, value = ''): Promise<Revision> {
  const result = await put(store, item, value)
  if (result.status === 'failed') throw result.error
  return result.status === 'committed' ? result.revision : assert.fail(`not committed but ${result.status}`)
}

/** The text under a key. */
export async function textOf(store: MetadataStore, item: string): Promise<string | undefined> {
  const { get } = await store.read({ get: [key(item)] })
  return get[0] === undefined ? undefined : new TextDecoder().decode(get[0].value)
}
