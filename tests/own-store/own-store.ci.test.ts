// Guards: fs/transfer/store-files.ts

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type NexusFS, openNexus } from 'nexusfs'
import { it } from 'vitest'
import type { ApplicationReport } from './application.ts'

// Guards fs/transfer/store-files.ts: no import touches the files of the store, or another process destroys its database.

const seconds = 15
const rounds = 3

interface Round {
  readonly reports: readonly ApplicationReport[]
  /** What is wrong afterwards; empty if nothing is. */
  readonly damage: readonly string[]
}

it('two applications, one importing the folder around their store, lose nothing', async () => {
  for (let round = 0; round < rounds; round++) {
    const { reports, damage } = await runTogether(['importer', 'writer'])
    assert.deepEqual(damage, [])
    assert.deepEqual(
      reports.map(({ errors }) => errors),
      [{}, {}],
    )
    const [importer, writer] = reports
    assert.ok(Number(importer?.imports) > 5, `${importer?.imports} imports`)
    assert.ok(Number(writer?.acknowledged.length) > 100, `${writer?.acknowledged.length} writes`)
  }
}, 180_000)

it('an application that opens and closes the files of its store does damage that the same check finds', async () => {
  let found: readonly string[] = []
  for (let round = 0; round < 6 && found.length === 0; round++) {
    const { reports, damage } = await runTogether(['careless', 'writer'])
    found = [...damage, ...reports.flatMap(({ errors }) => Object.values(errors))]
  }
  assert.notDeepEqual(found, [], 'six rounds did no damage: the check does not see what it is for')
}, 180_000)

async function runTogether(roles: readonly string[]): Promise<Round> {
  const project = await mkdtemp(join(tmpdir(), 'nexus-own-store-'))
  const store = join(project, 'data')
  try {
    await mkdir(join(project, 'src'))
    for (let file = 0; file < 30; file++) await writeFile(join(project, 'src', `f${file}.ts`), `export const x${file} = 1\n`)
    await (await openNexus(store, { config: false, durability: 'os' })).close()
    const reports = await Promise.all(roles.map((role) => runApplication(role, project)))
    return { reports, damage: await damageOf(store, reports) }
  } finally {
    await rm(project, { recursive: true, force: true })
  }
}

async function runApplication(role: string, project: string): Promise<ApplicationReport> {
  const args = [role, project, String(seconds)]
  const child = fork(join(import.meta.dirname, 'application.ts'), args, {
    execArgv: ['--conditions=nexus-source'],
    stdio: 'ignore',
    serialization: 'advanced',
  })
  let report: ApplicationReport | undefined
  child.on('message', (message: ApplicationReport) => {
    report = message
  })
  const [code, signal]: unknown[] = await once(child, 'exit')
  return report ?? { acknowledged: [], imports: 0, errors: { ended: `${role} ended with ${code ?? signal}` } }
}

async function damageOf(store: string, reports: readonly ApplicationReport[]): Promise<readonly string[]> {
  const damage: string[] = []
  try {
    await using nexus = await openNexus(store, { config: false, create: false, cacheBytes: 0 })
    for (const { acknowledged } of reports) {
      for (const [path, version, content] of acknowledged) {
        const text = await textOf(nexus, path, version)
        if (text !== content && damage.length < 5) damage.push(`${path} v${version}: ${text.slice(0, 60)}`)
      }
    }
  } catch (error) {
    damage.push(`the store cannot be opened: ${error}`)
  }
  return [...damage, ...integrityProblems(join(store, 'meta.db'))]
}

function textOf(nexus: NexusFS, path: string, version: number): Promise<string> {
  return nexus.readText(path, { version }).catch((error: unknown) => String(error))
}

function integrityProblems(file: string): readonly string[] {
  try {
    const database = new DatabaseSync(file)
    const rows = database.prepare('PRAGMA integrity_check(3)').all()
    database.close()
    return rows.map((row) => String(row.integrity_check)).filter((line) => line !== 'ok')
  } catch (error) {
    return [String(error)]
  }
}
