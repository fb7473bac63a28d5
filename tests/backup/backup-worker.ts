import { openNexus } from 'nexusfs'

/** Makes one backup; to be killed on the way. */
const [folder = '', target = ''] = process.argv.slice(2)
await using nexus = await openNexus(folder, { durability: 'os' })
process.send?.('begun')
await nexus.backup(target)
process.send?.('done')
process.disconnect?.()
