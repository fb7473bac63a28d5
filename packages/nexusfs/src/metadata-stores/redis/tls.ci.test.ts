// Guards: metadata-stores/redis/connection.ts, metadata-stores/redis/options.ts

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { mustPut, refusal, startServer, stopServers, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'
import { selfSigned } from './self-signed.test-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-redis-tls-'))
const { certificate, key } = selfSigned()
writeFileSync(join(folder, 'cert.pem'), certificate)
writeFileSync(join(folder, 'key.pem'), key)

const tlsPort = 20_000 + (process.pid % 20_000)
const server = await startServer({
  'tls-port': String(tlsPort),
  'tls-cert-file': join(folder, 'cert.pem'),
  'tls-key-file': join(folder, 'key.pem'),
  'tls-ca-cert-file': join(folder, 'cert.pem'),
  'tls-auth-clients': 'no',
})
const url = `rediss://127.0.0.1:${tlsPort}`

afterAll(async () => {
  await stopServers()
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(server === undefined)('RedisStore over TLS', () => {
  it('a certificate that nobody known has signed is InvalidConfig, with the fix', async () => {
    const error = await refusal({ url })
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /tls\.ca/)
  })

  it('the option tls.ca opens it', async () => {
    const store = await RedisStore.open({ url, tls: { ca: certificate } })
    await mustPut(store, 'a', 'over TLS')
    assert.equal(await textOf(store, 'a'), 'over TLS')
    await store.close()
  })

  it('a certificate for another name is InvalidConfig', async () => {
    const error = await refusal({ url, tls: { ca: certificate, servername: 'other.example' } })
    assert.equal(error.code, 'InvalidConfig')
  })

  it('redis:// to a port that speaks TLS only is Unavailable, and the message says what to try', async () => {
    const error = await refusal({ url: `redis://127.0.0.1:${tlsPort}`, timeouts: { connect: 1_000 } })
    assert.equal(error.code, 'Unavailable')
    assert.match(error.message, /rediss:\/\//)
  })
})
