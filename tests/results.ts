import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Prints what a long suite found, and keeps it in the folder of the run, which `npm run test:full` names in `NEXUS_RESULTS`. */
export function keepResult(name: string, result: object): void {
  const text = JSON.stringify(result, null, 2)
  console.log(`${name}: ${text}`)
  const folder = process.env.NEXUS_RESULTS
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${text}\n`)
}
