// Guards: metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { NexusFS } from 'nexusfs'
import { describe, it } from 'vitest'
import { drop, fixtureUrl, ownServer, serverFixture } from './server-fixtures.ts'

const server = await ownServer('redis')
/** Commands that look at everything there is. */
const forbidden = ['KEYS', 'SCAN', 'HGETALL', 'SMEMBERS', 'LRANGE', 'SORT', 'FLUSHDB', 'FLUSHALL']

/** What the server does during `work`, as MONITOR tells it: the commands of scripts, too. */
async function commandsDuring(port: number, work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
  const socket = connect(port, '127.0.0.1')
  let seen = ''
  socket.setEncoding('utf8').on('data', (piece: string) => {
    seen += piece
  })
  socket.write('MONITOR\r\n')
  await once(socket, 'data')
  await work()
  const end = `the end ${Math.random()}`
  const other = connect(port, '127.0.0.1')
  other.end(`ECHO "${end}"\r\n`)
  while (!seen.includes(end)) await once(socket, 'data')
  socket.destroy()
  const commands = new Map<string, number>()
  for (const [, name = ''] of seen.matchAll(/^\+\d+\.\d+ \[[^\]]*\] "([^"]+)"/gm)) {
    const command = name.toUpperCase()
    commands.set(command, (commands.get(command) ?? 0) + 1)
  }
  return commands
}

/** Every kind of operation, on directories of some size. */
async function useEverything(fs: NexusFS): Promise<void> {
  await fs.writeBatch(Array.from({ length: 300 }, (_, n) => ({ path: `/many/${n}`, content: `${n}` })))
  await fs.write('/d/file', 'a'.repeat(50_000))
  await fs.append('/d/file', 'more')
  await fs.edit('/d/file', () => 'edited')
  await fs.read('/d/file', { version: 1 })
  await fs.readRange('/d/file', { start: 1, length: 2 })
  await fs.stat('/many/7')
  await fs.exists('/nowhere')
  await Array.fromAsync(fs.list('/many', { pageSize: 50 }))
  await Array.fromAsync(fs.walk('/'))
  await Array.fromAsync(fs.versions('/d/file'))
  await fs.rollback('/d/file', 1)
  await fs.copy('/d/file', '/d/copy')
  await fs.move('/many', '/moved/many')
  await fs.remove('/moved', { recursive: true })
  await fs.restore('/moved')
  await fs.mkdir('/empty')
  await fs.rmdir('/empty')
  await fs.usage()
}

describe.skipIf(server === undefined)('the commands that Redis is given', () => {
  it('never look at everything there is, from opening to closing', async () => {
    try {
      const { own, url } = server ?? assert.fail('it was here a moment ago')
      await using fixture = await serverFixture('redis', url)
      const commands = await commandsDuring(own.port, async () => {
        const fs = await fixture.open()
        await useEverything(fs)
        await fs.close()
        await (await fixture.open()).close()
      })
      console.log(`redis: ${JSON.stringify(Object.fromEntries(commands))}`)
      assert.ok((commands.get('EVALSHA') ?? 0) > 30, 'nothing was seen')
      for (const command of forbidden) assert.equal(commands.get(command), undefined, command)
      const dropping = await commandsDuring(own.port, () => drop('redis', fixtureUrl('redis', url)))
      assert.ok((dropping.get('SCAN') ?? 0) > 0, 'a scan would not be seen')
    } finally {
      await server?.stop()
    }
  })
})
