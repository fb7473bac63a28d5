import { LevelStore } from './level-store.ts'

/** Commits into the folder it is given, four at a time, and prints the revision of each that was acknowledged. */
const store = await LevelStore.open(process.argv[2] ?? '', 'os')
const log = { group: Buffer.from('l'), item: new Uint8Array(), revisionAt: 0 }

async function write(): Promise<never> {
  while (true) {
    const [result] = await store.commit([{ expect: [], writes: [{ kind: 'put', key: log, value: new Uint8Array(1000) }] }])
    if (result?.status !== 'committed') throw new Error(`not committed: ${result?.status}`)
    process.stdout.write(`${result.revision}\n`)
  }
}

await Promise.all([write(), write(), write(), write()])
