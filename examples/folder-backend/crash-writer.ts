import { FolderBackend } from './folder-backend.ts'

/** Puts blobs into the folder it is given, four at a time, and prints the key of each that was acknowledged. */
const backend = await FolderBackend.open(process.argv[2] ?? '')

async function write(name: string): Promise<never> {
  for (let number = 0; ; number++) {
    const key = `${name}/${process.pid}-${number}`
    const bytes = Buffer.from(key.repeat(10_000))
    await backend.put(key, bytes, { size: bytes.length })
    process.stdout.write(`${key}\n`)
  }
}

await Promise.all(['one', 'two', 'three', 'four'].map(write))
