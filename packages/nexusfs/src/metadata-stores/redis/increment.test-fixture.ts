/** A process of its own: adds 1 to a counter so many times by compare-and-set, and prints how many conflicts it met. */
import { fromUtf8, utf8 } from '../../core/bytes.ts'
import { RedisStore } from './redis-store.ts'

const [url = '', prefix = '', times = '0'] = process.argv.slice(2)
const counter = { group: utf8('g'), item: utf8('counter') }

await using store = await RedisStore.open({ url, prefix, create: false })
let conflicts = 0
for (let done = 0; done < Number(times); ) {
  const { get } = await store.read({ get: [counter] })
  const [entry] = get
  if (entry === undefined) throw new Error('the counter is gone')
  const value = utf8(String(Number(fromUtf8(entry.value)) + 1))
  const expect = [{ kind: 'at', key: counter, revision: entry.revision } as const]
  const [result] = await store.commit([{ expect, writes: [{ kind: 'put', key: counter, value }] }])
  if (result?.status === 'committed') done += 1
  else conflicts += 1
}
console.log(conflicts)
