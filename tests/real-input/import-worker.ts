import { openNexus } from 'nexusfs'

/** Imports a tree, and says so after each batch; to be killed on the way. */
const [folder = '', source = '', target = ''] = process.argv.slice(2)
await using fs = await openNexus(folder, { durability: 'os' })
await fs.importTree(source, target, { onProgress: ({ files }) => process.send?.({ files }) })
process.disconnect?.()
