// Guards: metadata-stores/postgres/connection-target.ts, metadata-stores/postgres/connection.ts

import assert from 'node:assert/strict'
import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { selfSigned } from '../../../../../services/self-signed.ts'
import type { RunningService } from '../../../../../services/service.ts'
import { mustPut, ownServer, refusal, shared, sql } from './postgres-server.test-fixture.ts'
import { PostgresStore } from './postgres-store.ts'

let server: RunningService | undefined
let folder = ''

/** The server's URL with these parameters. */
function urlWith(parameters: Readonly<Record<string, string>>): string {
  const url = new URL(server?.url ?? '')
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

describe.skipIf(shared === undefined)('a server that speaks TLS', () => {
  beforeAll(async () => {
    const { certificate, key } = selfSigned()
    folder = mkdtempSync(join(tmpdir(), 'nexus-tls-'))
    const running = await ownServer()
    server = running
    const { uid, gid } = statSync(running.own.directory)
    for (const [name, pem] of [
      ['server.crt', certificate],
      ['server.key', key],
    ] as const) {
      const file = join(running.own.directory, 'data', name)
      writeFileSync(file, pem, { mode: 0o600 })
      chownSync(file, uid, gid)
    }
    writeFileSync(join(folder, 'ca.pem'), certificate)
    await sql(running.url, `ALTER SYSTEM SET ssl = on`)
    await sql(running.url, 'SELECT pg_reload_conf()')
  })

  afterAll(async () => {
    await server?.stop()
    if (folder !== '') rmSync(folder, { recursive: true })
  })

  it('is used with sslmode=require, without asking who it is', async () => {
    const store = await PostgresStore.open({ url: urlWith({ sslmode: 'require' }) })
    await mustPut(store, 'a')
    const rows = await sql(server?.url ?? '', 'SELECT count(*) FROM pg_stat_ssl WHERE ssl')
    assert(Number(rows[0]?.[0]) > 0, 'the connection is encrypted')
    await store.close()
  })

  it('is used with verify-full and its certificate', async () => {
    const store = await PostgresStore.open({ url: urlWith({ sslmode: 'verify-full', sslrootcert: join(folder, 'ca.pem') }) })
    await mustPut(store, 'b')
    await store.close()
  })

  it('is refused with verify-full if nobody vouches for it, with the fix', async () => {
    const error = await refusal({ url: urlWith({ sslmode: 'verify-full' }) })
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /sslrootcert/)
  })

  it('a root certificate that cannot be read is InvalidConfig', async () => {
    const error = await refusal({ url: urlWith({ sslmode: 'verify-ca', sslrootcert: join(folder, 'absent.pem') }) })
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /absent\.pem/)
  })
})
