/*
 * What every runtime that is let in must do alike: the laws of the local disk and of SQLite, and a script of the file system. Plain
 * JavaScript over the packed library, so that Node, Bun and Deno run the same text. Called as: portable.mjs FOLDER WHAT.
 */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { lawsOf, runConformance } from '@nexusfs/conformance'
import { openNexus } from 'nexusfs'
import { LocalBackend } from 'nexusfs/local'
import { SqliteStore } from 'nexusfs/sqlite'

const subjects = {
  local: (folder) => ({
    kind: 'storage',
    name: 'local',
    open: (namespace) => LocalBackend.open({ root: join(folder, `local-${namespace}`), durability: 'os' }),
    otherProcess: { module: import.meta.url, options: { port: 'local', folder } },
  }),
  sqlite: (folder) => ({
    kind: 'metadata',
    name: 'sqlite',
    open: async (namespace) => {
      await mkdir(join(folder, `sqlite-${namespace}`), { recursive: true })
      return SqliteStore.open({ path: join(folder, `sqlite-${namespace}`, 'meta.db'), durability: 'os' })
    },
    otherProcess: { module: import.meta.url, options: { port: 'sqlite', folder } },
  }),
}

/** How another process makes the same subject. */
export default function subject({ port, folder }) {
  return subjects[port](folder)
}

async function keepsLaws(folder) {
  const reports = []
  for (const port of ['local', 'sqlite']) {
    const made = subject({ port, folder })
    const report = await runConformance(made, lawsOf(made), { seed: 1 })
    const broken = report.results
      .filter(({ status }) => status === 'failed')
      .map(({ id, reproduction }) => ({ id, reproduction }))
    reports.push({
      port,
      passed: report.passed,
      failed: report.failed,
      skipped: report.skipped,
      unchecked: report.unchecked,
      broken,
    })
  }
  return reports
}

/** Twenty steps; what each gives, without times and random parts. */
async function script(folder) {
  const said = []
  const say = (value) => said.push(value)
  const refused = (error) => ({ code: error.code })
  const nexus = await openNexus(folder, { author: 'tester' })
  const first = await nexus.write('/plans/q3.md', 'first\0with a NUL', { reason: 'draft' })
  say([first.version, first.size, first.digest])
  say((await nexus.write('/plans/q3.md', 'second', { ifMatch: first.etag })).version)
  say(await nexus.write('/plans/q3.md', 'third', { ifMatch: first.etag }).catch(refused))
  say(await nexus.readText('/plans/q3.md', { version: 1 }))
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 31) >> 3)
  say((await nexus.write('/large', bytes)).digest)
  say(
    createHash('sha256')
      .update(await nexus.read('/large'))
      .digest('hex'),
  )
  say((await nexus.append('/log', 'one\n')).version)
  say((await nexus.append('/log', 'two\n')).size)
  say((await nexus.edit('/log', (text) => text.toUpperCase?.() ?? text)).version)
  say(
    (
      await nexus.writeBatch([
        { path: '/b/1', content: 'x' },
        { path: '/b/2', content: '' },
      ])
    ).length,
  )
  say((await nexus.copy('/plans/q3.md', '/copy')).version)
  say((await nexus.move('/plans', '/moved')).path)
  say((await nexus.stat('/moved/q3.md')).version)
  await nexus.remove('/b', { recursive: true })
  say(await nexus.exists('/b/1'))
  say((await nexus.restore('/b')).path)
  say((await nexus.rollback('/moved/q3.md', 1)).version)
  const names = []
  for await (const { path } of nexus.walk('/')) names.push(path)
  say(names)
  const versions = []
  for await (const { version, size, reason } of nexus.versions('/moved/q3.md')) versions.push([version, size, reason])
  say(versions)
  const { files, directories, versions: total, storedBytes } = await nexus.usage('/')
  say([files, directories, total, storedBytes])
  // Enough writes for the thread of the store, where the disk lets it begin.
  for (let n = 0; n < 150; n++) await nexus.write(`/many/${n}`, 'content '.repeat(n))
  await nexus.close()
  await using again = await openNexus(folder)
  say(await contents(again))
  return said
}

/** Every path with the digest of what is read there: the same for whoever opens the store. */
async function contents(nexus) {
  const hash = createHash('sha256')
  for await (const { path, kind } of nexus.walk('/')) {
    if (kind === 'file') hash.update(path).update(await nexus.read(path))
  }
  return hash.digest('hex')
}

async function reads(folder) {
  await using nexus = await openNexus(folder, { create: false })
  return await contents(nexus)
}

const [folder, what] = process.argv.slice(2)
const works = { laws: keepsLaws, script, reads }
if (what !== undefined && Object.hasOwn(works, what)) {
  const answer = await works[what](folder).catch((error) => ({ refused: `${error.code}: ${error.message}` }))
  console.log(JSON.stringify(answer))
}
