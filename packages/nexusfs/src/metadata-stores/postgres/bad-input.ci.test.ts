// Guards: metadata-stores/postgres/options.ts, metadata-stores/postgres/{prepare-schema,server-check}.ts

import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { describe, it } from 'vitest'
import { requireOrSkip } from '../../../../../services/require-or-skip.ts'
import type { NexusError } from '../../core/errors.ts'
import { revisionZero } from '../../core/revision.ts'
import {
  dropSchema,
  failure,
  freshSchema,
  mustPut,
  refusal,
  shared,
  sharedUrl,
  sql,
  withStore,
} from './postgres-server.test-fixture.ts'
import { PostgresStore } from './postgres-store.ts'

const secret = 'swordfish-9c1'

/** The same server, with something else in the URL. */
function urlWith(change: (url: URL) => void): string {
  const url = new URL(sharedUrl())
  change(url)
  return url.href
}

function hidesSecrets(error: NexusError): void {
  const printed = inspect(error, { depth: 10, showHidden: true })
  assert(!printed.includes(secret), `the secret is in: ${printed}`)
  assert(!printed.includes(decodeURIComponent(new URL(sharedUrl()).password)), `the password is in: ${printed}`)
}

/** A role of its own, and a URL that logs in as it. */
async function withRole<T>(
  grants: (role: string) => readonly string[],
  work: (url: string, role: string) => Promise<T>,
): Promise<T> {
  const role = freshSchema()
  await sql(sharedUrl(), `CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`)
  try {
    for (const statement of grants(role)) await sql(sharedUrl(), statement)
    return await work(
      urlWith((url) => {
        url.username = role
        url.password = secret
      }),
      role,
    )
  } finally {
    await sql(sharedUrl(), `DROP OWNED BY ${role} CASCADE`)
    await sql(sharedUrl(), `DROP ROLE ${role}`)
  }
}

describe.skipIf(shared === undefined)('what is wrong with the location is said when the store is opened', () => {
  it('a wrong password is PermissionDenied, and is not shown', async () => {
    const error = await refusal({ url: urlWith((url) => (url.password = secret)) })
    assert.equal(error.code, 'PermissionDenied')
    assert.match(error.message, /password authentication failed.*correct user and password/s)
    hidesSecrets(error)
  })

  it('no password at all is PermissionDenied', async () => {
    const error = await refusal({ url: urlWith((url) => (url.password = '')) })
    assert.equal(error.code, 'PermissionDenied')
    assert.match(error.message, /PGPASSWORD/)
  })

  it('an absent database is InvalidConfig, with createdb as the fix', async () => {
    const error = await refusal({ url: urlWith((url) => (url.pathname = '/no_such_database')) })
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /no_such_database.*createdb/s)
    hidesSecrets(error)
  })

  it('no right to make the schema is PermissionDenied, with the grant as the fix', async () => {
    await withRole(
      () => [],
      async (url) => {
        const error = await refusal({ url, schema: freshSchema() })
        assert.equal(error.code, 'PermissionDenied')
        assert.match(error.message, /GRANT CREATE ON DATABASE/)
        hidesSecrets(error)
      },
    )
  })

  it('a schema that was made for the role is enough to make the store in it', async () => {
    const schema = freshSchema()
    await withRole(
      (role) => [`CREATE SCHEMA ${schema} AUTHORIZATION ${role}`],
      async (url) => {
        const store = await PostgresStore.open({ url, schema })
        await mustPut(store, 'a')
        await store.close()
      },
    )
  })

  it('a server that is not there is Unavailable', async () => {
    const error = await refusal({ url: urlWith((url) => (url.port = '1')) })
    assert.equal(error.code, 'Unavailable')
    assert.equal(error.retry, 'safe')
    assert.equal(error.outcome, 'none')
    assert.match(error.message, /check host and port/)
    hidesSecrets(error)
  })

  it('a host without an address is Unavailable', async () => {
    const error = await refusal({ url: urlWith((url) => (url.hostname = 'no-such-host.invalid')) })
    assert.equal(error.code, 'Unavailable')
  })

  it('TLS that the server does not speak is InvalidConfig', async () => {
    const error = await refusal({ url: urlWith((url) => url.searchParams.set('sslmode', 'require')) })
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /sslmode/)
    hidesSecrets(error)
  })

  it('a role that may only read is ReadOnly, with the fix', async () => {
    await withRole(
      (role) => [`ALTER ROLE ${role} SET default_transaction_read_only = on`],
      async (url) => {
        const error = await refusal({ url, schema: freshSchema() })
        assert.equal(error.code, 'ReadOnly')
        assert.match(error.message, /default_transaction_read_only = off/)
      },
    )
  })

  it('a store that became read-only refuses commits with ReadOnly and the outcome none', async () => {
    const schema = freshSchema()
    await withRole(
      (role) => [`CREATE SCHEMA ${schema} AUTHORIZATION ${role}`],
      async (url, role) => {
        const store = await PostgresStore.open({ url, schema })
        await mustPut(store, 'a')
        await sql(sharedUrl(), `ALTER ROLE ${role} SET default_transaction_read_only = on`)
        await sql(sharedUrl(), 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role])
        const error = await failure(() => mustPut(store, 'b'))
        await store.close()
        assert.equal(error.code, 'ReadOnly')
        assert.equal(error.outcome, 'none')
      },
    )
  })

  it('with create: false an absent store is NotFound, and nothing is made', async () => {
    const schema = freshSchema()
    const error = await refusal({ url: sharedUrl(), schema, create: false })
    assert.equal(error.code, 'NotFound')
    const [row] = await sql(sharedUrl(), 'SELECT to_regnamespace($1) IS NULL', [schema])
    assert.equal(row?.[0], true)
  })

  it('a store of a newer format is Unsupported, and is left as it is', async () => {
    await withStore({}, async (_, { url, schema }) => {
      await sql(sharedUrl(), `INSERT INTO ${schema}.version (version) VALUES (99)`)
      const error = await refusal({ url: url ?? '', schema })
      assert.equal(error.code, 'Unsupported')
      assert.match(error.message, /format 99.*update Nexus/s)
    })
  })

  it('a server that takes the connection and says nothing is Timeout within timeouts.connect', async () => {
    const { TcpProxy } = await import('../../testing/tcp-proxy.ts')
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port: Number(new URL(sharedUrl()).port) })
    proxy.fallSilent()
    const begin = performance.now()
    const error = await refusal({ url: urlWith((url) => (url.port = String(proxy.port))), timeouts: { connect: 300 } })
    await proxy.close()
    assert.equal(error.code, 'Timeout')
    assert(performance.now() - begin < 600, 'it came in time')
  })
})

describe.skipIf(shared === undefined)('another isolation level as the default', () => {
  it('is overridden on a connection of our own, for the database and for the role', async () => {
    const database = freshSchema()
    await sql(sharedUrl(), `CREATE DATABASE ${database}`)
    try {
      await sql(sharedUrl(), `ALTER DATABASE ${database} SET default_transaction_isolation = 'serializable'`)
      const store = await PostgresStore.open({ url: urlWith((url) => (url.pathname = `/${database}`)) })
      assert.equal((await mustPut(store, 'a')) > 0, true)
      await store.close()
    } finally {
      await sql(sharedUrl(), `DROP DATABASE ${database}`)
    }
  })

  it('is refused behind a pooler, with the fix', async () => {
    const pooler = await requireOrSkip('pgbouncer')
    if (pooler === undefined) return
    const database = freshSchema()
    await sql(sharedUrl(), `CREATE DATABASE ${database}`)
    try {
      await sql(sharedUrl(), `ALTER DATABASE ${database} SET default_transaction_isolation = 'repeatable read'`)
      const url = new URL(pooler.url)
      url.pathname = `/${database}`
      const error = await refusal({ url: url.href })
      assert.equal(error.code, 'InvalidConfig')
      assert.match(error.message, /pooler.*repeatable read.*default_transaction_isolation = 'read committed'/s)
    } finally {
      await sql(sharedUrl(), `DROP DATABASE ${database} WITH (FORCE)`)
    }
  })

  it('is refused by the function itself, should a session change it', async () => {
    await withStore({}, async (store, { schema }) => {
      await mustPut(store, 'a')
      const { commitArguments, planCommit } = await import('./commit-arguments.ts')
      const { statementsFor } = await import('./schema.ts')
      const { withClient, putting } = await import('./postgres-server.test-fixture.ts')
      await withClient(sharedUrl(), async (client) => {
        const oid = Number((await client.query(`SELECT '${schema}'::regnamespace::oid::int8 AS oid`)).rows[0].oid)
        await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE')
        const values = [...commitArguments({ store: oid, seen: revisionZero, time: 0 }, [planCommit(oid, putting('b'))], 60_000)]
        await assert.rejects(client.query({ text: statementsFor(schema ?? '').commit, values }), { code: 'NX001' })
      })
    })
  })
})

describe.skipIf(shared === undefined)('a schema that is removed under an open store', () => {
  it('is InvalidConfig from then on, also when another store has taken its name', async () => {
    await withStore({ poolSize: 2 }, async (store, { schema = '' }) => {
      await mustPut(store, 'a')
      await dropSchema(sharedUrl(), schema)
      assert.equal((await failure(() => mustPut(store, 'b'))).code, 'InvalidConfig')
      const other = await PostgresStore.open({ url: sharedUrl(), schema })
      const error = await failure(() => mustPut(store, 'b'))
      assert.equal(error.code, 'InvalidConfig')
      assert.match(error.message, /removed/)
      await other.close()
    })
  })
})
