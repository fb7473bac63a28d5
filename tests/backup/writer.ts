import { setTimeout as sleep } from 'node:timers/promises'
import { openNexus } from 'nexusfs'

/** Writes a file every 10 ms until it is told to stop, and reports each acknowledgement. */
const [folder = '', name = ''] = process.argv.slice(2)
await using nexus = await openNexus(folder, { durability: 'os' })
let isOver = false
process.on('message', () => {
  isOver = true
})
process.send?.({ acknowledged: -1 })
for (let file = 0; !isOver; file++) {
  const size = file % 10 === 9 ? 150_000 : [60, 2000][file % 2]
  await nexus.write(`/${name}/${file}`, `${name}-${file} `.repeat(Math.ceil((size ?? 0) / 8)))
  process.send?.({ acknowledged: file })
  await sleep(10)
}
process.disconnect?.()
