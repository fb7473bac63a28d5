import { setImmediate as nextTurn } from 'node:timers/promises'
import { digestOf } from '../core/digest.ts'
import { ContentCache } from './content-cache.ts'

// Fills a cache of so many bytes twice over with contents of that size, each a view of a shared buffer if it is small, and prints by how much
// the process has grown.

const [cacheBytes = 0, size = 1] = process.argv.slice(2).map(Number)
const cache = new ContentCache(cacheBytes)
globalThis.gc?.()
const before = process.memoryUsage.rss()
for (let n = 0; n < 80e6 / size; n++) {
  const bytes = Buffer.allocUnsafe(size).fill(1)
  bytes.writeUInt32LE(n)
  cache.put(digestOf(bytes), new Uint8Array(bytes.buffer, bytes.byteOffset, size))
  if (n % 50 === 0) await nextTurn()
  if (n % 5000 === 0) globalThis.gc?.()
}
globalThis.gc?.()
console.log(process.memoryUsage.rss() - before)
if (cacheBytes > 0 && cache.get(digestOf(new Uint8Array(0))) !== undefined) throw new Error('the cache has what nobody put')
