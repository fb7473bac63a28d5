import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8 } from '../../core/bytes.ts'
import type { Commit, CommitResult, Expectation, Key, Write } from '../../metadata/metadata-store.ts'
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'

/** For tests: a store in a fresh folder, both gone at the end of the scope. */
export interface TestStore extends AsyncDisposable {
  readonly store: SqliteStore
  readonly file: string
  /** Another store on the same file, closed with the first. */
  another(options?: Partial<SqliteStoreOptions>): Promise<SqliteStore>
}

export async function testStore(options: Partial<SqliteStoreOptions> = {}): Promise<TestStore> {
  const folder = await testFolder()
  const file = join(folder.path, 'meta.db')
  const stores: SqliteStore[] = []
  const another = async (more: Partial<SqliteStoreOptions> = {}): Promise<SqliteStore> => {
    const store = await SqliteStore.open({ path: file, ...options, ...more })
    stores.push(store)
    return store
  }
  return {
    store: await another(),
    file,
    another,
    [Symbol.asyncDispose]: async () => {
      for (const store of stores) await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

export async function testFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'nexus-sqlite-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** `d/dir/name` = group `d/dir`, item `name`. */
export function keyOf(text: string): Key {
  const end = text.lastIndexOf('/')
  return { group: utf8(end < 0 ? 'g' : text.slice(0, end)), item: utf8(text.slice(end + 1)) }
}

export function put(key: string, value: string | Uint8Array): Write {
  return { kind: 'put', key: keyOf(key), value: typeof value === 'string' ? utf8(value) : value }
}

export function remove(key: string): Write {
  return { kind: 'delete', key: keyOf(key) }
}

export function commitOf(write: Write | readonly Write[], ...expect: readonly Expectation[]): Commit {
  return { expect, writes: 'kind' in write ? [write] : write }
}

/** The revision of a result that says `committed`. */
export function revisionOf(result: CommitResult | undefined): number {
  if (result?.status !== 'committed') throw new Error(`not committed: ${JSON.stringify(result)}`)
  return result.revision
}

/** Transactions in the WAL of a database whose pages have 4,096 bytes: a frame that ends one says how long the database then is. */
export function transactionsInWal(file: string): number {
  const wal = readFileSync(`${file}-wal`)
  let transactions = 0
  for (let frame = 32; frame + 24 <= wal.length; frame += 24 + 4096) {
    if (wal.readUInt32BE(frame + 4) > 0) transactions += 1
  }
  return transactions
}

/** Runs the text of a module in another process of this Node; `%` in it becomes the folder of the store's sources. */
export function inAnotherProcess(module: string): ChildProcess {
  const source = module.replaceAll('%', import.meta.dirname)
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** Its output, once it has ended well. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the process ended with ${code}: ${output}`)
  return output
}
