import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openNexus } from '../../packages/nexusfs/src/index.ts'

// One write of 1 MB, between two marks on the standard output.

const [root = '', durability] = process.argv.slice(2)
await using nexus = await openNexus(root, { config: false, env: {}, durability: durability === 'os' ? 'os' : 'disk' })
await nexus.write('/first', randomBytes(1_000_000))
// The first commit of a process leaves its witness in the background: its file, and the sync of its folder.
const witness = join(root, 'blobs', nexus.info.storeId, 'wi')
while ((await readdir(witness).catch(() => [])).length === 0) await sleep(5)
await sleep(100)
const content = randomBytes(1_000_000)
writeSync(1, 'MARK begin\n')
await nexus.write('/second', content)
writeSync(1, 'MARK acknowledged\n')
