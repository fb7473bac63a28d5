import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isNexusError, openNexus } from 'nexusfs'

/** An acknowledged write: path, version, content. */
export type Acknowledged = readonly [path: string, version: number, content: string]

export interface ApplicationReport {
  readonly acknowledged: readonly Acknowledged[]
  readonly imports: number
  /** By code, with an example. */
  readonly errors: Readonly<Record<string, string>>
}

/**
 * One of two applications that share a store in a project folder: three agents write, and, by its role, it imports the folder now and
 * then (`importer`), opens and closes the files of the database as a careless import would (`careless`), or neither (`writer`).
 */
const [role = '', project = '', seconds = ''] = process.argv.slice(2)
const store = join(project, 'data')
const nexus = await openNexus(store, { config: false, durability: 'os' })
const end = Date.now() + Number(seconds) * 1000
const acknowledged: Acknowledged[] = []
const errors: Record<string, string> = {}
let imports = 0
let writes = 0

function note(error: unknown): void {
  errors[isNexusError(error) ? error.code : 'other'] ??= String(error)
}

async function write(agent: number): Promise<void> {
  while (Date.now() < end) {
    const number = writes++
    const content = `note ${number}`.padEnd(300)
    try {
      const { path, version } = await nexus.write(`/notes/${role}-${agent}/f${number % 50}`, content)
      acknowledged.push([path, version, content])
    } catch (error) {
      note(error)
      await sleep(20)
    }
  }
}

async function touchFolder(): Promise<void> {
  while (Date.now() < end && role !== 'writer') {
    try {
      if (role === 'importer') await nexus.importTree(project, '/workspace')
      else for (const name of ['meta.db', 'meta.db-shm', 'meta.db-wal']) closeSync(openSync(join(store, name), 'r'))
      imports++
    } catch (error) {
      note(error)
    }
    await sleep(50)
  }
}

await Promise.all([write(0), write(1), write(2), touchFolder()])
await nexus.close().catch(note)
process.send?.({ acknowledged, imports, errors } satisfies ApplicationReport, () => process.disconnect?.())
