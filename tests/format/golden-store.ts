import { createHash } from 'node:crypto'
import {
  type Clock,
  type Key,
  MemoryBackend,
  MemoryStore,
  type MetadataEntry,
  type MetadataStore,
  NexusFS,
  type Random,
} from 'nexusfs'
import { FaultPlan, FaultyStore, InterceptedStore } from 'nexusfs/testing'

/** One row, readable: the value is a record (JSON text, and bytes), or empty. */
export interface GoldenRow {
  readonly group: string
  readonly item: string
  readonly revision: number
  readonly record?: string
  readonly bytes?: string
}

/** A whole store of format 1, and what a reader must find in it. */
export interface GoldenStore {
  readonly rows: readonly GoldenRow[]
  readonly blobs: Readonly<Record<string, string>>
  /** Path to texts of its versions, oldest first. */
  readonly files: Readonly<Record<string, readonly string[]>>
  readonly directories: readonly string[]
  /** Path to target. */
  readonly links: Readonly<Record<string, string>>
}

const text = {
  inline: 'kept in the metadata store, inside its content row. '.repeat(4),
  blob: 'kept in the storage backend, as a blob of its own. '.repeat(10),
  tiny: 'kept in the head',
}

/** Every kind of row that format 1 knows, made by every operation that writes one. */
async function fill(fs: NexusFS, loseNextReply: () => void): Promise<void> {
  await fs.write('/notes/tiny.txt', text.tiny, { reason: 'first', modifiedAt: new Date('2026-01-02T03:04:05.678Z') })
  await fs.write('/notes/tiny.txt', '', { author: 'bob' })
  await fs.write('/notes/inline.txt', text.inline)
  await fs.write('/notes/inline.txt', text.blob)
  await fs.rollback('/notes/inline.txt', 1, { reason: 'better before' })
  await fs.copy('/notes/inline.txt', '/notes/copy.txt')
  await fs.write('/bin/run', '#!/bin/sh\n', { executable: true })
  await fs.mkdir('/empty/é 😀', { recursive: true })
  loseNextReply()
  await fs.write('/notes/lost-reply.txt', 'found in the log')
  await fs.writeBatch(Array.from({ length: 151 }, (_, n) => ({ path: `/batch/${n}`, content: `${n}` })))
  await fs.remove('/batch', { recursive: true })
  await fs.write('/removed.txt', 'a')
  await fs.remove('/removed.txt')
  await fs.restore('/removed.txt')
  await fs.write('/gone.txt', text.blob)
  await fs.remove('/gone.txt')
  await fs.write('/replaced.txt', 'the one below')
  await fs.move('/removed.txt', '/replaced.txt', { overwrite: true })
  await fs.move('/bin', '/moved/bin')
  await fs.mkdir('/again')
  await fs.remove('/again', { recursive: true })
  await fs.restore('/again')
  await fs.mkdir('/away')
  await fs.rmdir('/away')
  await fs.symlink('moved/bin', '/tools', { reason: 'shorter' })
  await fs.symlink('../notes/none', '/moved/dangling')
  await fs.symlink('/moved/bin', '/tools', { overwrite: true })
  await fs.symlink('replaced.txt', '/replaced.txt', { overwrite: true })
  await fs.remove('/replaced.txt')
  await fs.chmod('/tools/run', 0o4711)
  await fs.utimes('/notes/lost-reply.txt', { modifiedAt: new Date(-1) })
  await fs.chmod('/empty', 0o700)
  await fs.utimes('/empty', { modifiedAt: new Date('2001-02-03T04:05:06.007Z') })
}

/** Makes the store anew: with this clock and this randomness every byte is the same each time. */
export async function makeGoldenStore(): Promise<GoldenStore> {
  const clock = steppingClock()
  const random = countedRandom()
  const name = `golden-${made++}`
  const plan = new FaultPlan(random)
  const recorder = new KeyRecorder(new FaultyStore(await MemoryStore.open({ name, clock }), plan))
  const fs = await NexusFS.open({
    metadata: recorder,
    storage: await MemoryBackend.open({ name, staging: false }),
    author: 'ann',
    inlineBytes: 300,
    clock,
    random,
  })
  const loseNextReply = (): void => void plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 1 } })
  await fill(fs, loseNextReply)
  const [storage, metadata] = [await MemoryBackend.open({ name }), await MemoryStore.open({ name })]
  const golden: GoldenStore = {
    rows: await dumpRows(metadata, recorder.groups),
    blobs: await dumpBlobs(storage),
    ...(await contentsOf(fs)),
  }
  await fs.close()
  MemoryBackend.drop(name)
  MemoryStore.drop(name)
  return golden
}

let made = 0

/** What a reader finds: every version of every file, and all directories. */
export async function contentsOf(fs: NexusFS): Promise<Pick<GoldenStore, 'files' | 'directories' | 'links'>> {
  const files: Record<string, string[]> = {}
  const directories: string[] = []
  const links: Record<string, string> = {}
  for await (const entry of fs.walk('/')) {
    if (entry.kind === 'link') {
      links[entry.path] = entry.target
      continue
    }
    if (entry.kind === 'directory') {
      directories.push(entry.path)
      continue
    }
    const versions: string[] = []
    for (let version = 1; version <= entry.version; version++) versions.push(await fs.readText(entry.path, { version }))
    files[entry.path] = versions
  }
  return { files, directories, links }
}

/** One line of JSON for each row, blob, file and directory: a change shows as the lines that it changes. */
export function toLines({ rows, blobs, files, directories, links }: GoldenStore): string {
  const lines: readonly Line[] = [
    ...rows.map((row) => ({ row })),
    ...Object.entries(blobs).map(([blob, bytes]) => ({ blob, bytes })),
    ...Object.entries(files).map(([file, versions]) => ({ file, versions })),
    ...directories.map((directory) => ({ directory })),
    ...Object.entries(links).map(([link, target]) => ({ link, target })),
  ]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

export function fromLines(text: string): GoldenStore {
  const rows: GoldenRow[] = []
  const blobs: Record<string, string> = {}
  const files: Record<string, readonly string[]> = {}
  const directories: string[] = []
  const links: Record<string, string> = {}
  for (const line of text.trimEnd().split('\n')) {
    const parsed = JSON.parse(line) as Line
    if ('row' in parsed) rows.push(parsed.row)
    else if ('blob' in parsed) blobs[parsed.blob] = parsed.bytes
    else if ('file' in parsed) files[parsed.file] = parsed.versions
    else if ('link' in parsed) links[parsed.link] = parsed.target
    else directories.push(parsed.directory)
  }
  return { rows, blobs, files, directories, links }
}

type Line =
  | { readonly row: GoldenRow }
  | { readonly blob: string; readonly bytes: string }
  | { readonly file: string; readonly versions: readonly string[] }
  | { readonly directory: string }
  | { readonly link: string; readonly target: string }

/** The rows and blobs of a golden store, in a store of the caller's. */
export async function loadGoldenStore(golden: GoldenStore, metadata: MetadataStore, storage: MemoryBackend): Promise<void> {
  await metadata.load(
    (async function* () {
      for (const row of golden.rows) yield toEntry(row)
    })(),
  )
  for (const [key, hex] of Object.entries(golden.blobs)) {
    const bytes = Buffer.from(hex, 'hex')
    await storage.put(key, new Uint8Array(bytes), { size: bytes.length })
  }
}

/** Remembers the groups in which rows are put, so that all of them can be listed. */
class KeyRecorder extends InterceptedStore {
  readonly groups = new Map<string, Uint8Array>()

  constructor(inner: MetadataStore) {
    super(inner, (call) => call.run())
  }

  override commit(...[commits, options]: Parameters<MetadataStore['commit']>): ReturnType<MetadataStore['commit']> {
    for (const { writes } of commits) for (const { key } of writes) this.groups.set(hexOf(key.group), key.group)
    return super.commit(commits, options)
  }
}

async function dumpRows(metadata: MetadataStore, groups: ReadonlyMap<string, Uint8Array>): Promise<GoldenRow[]> {
  const rows: GoldenRow[] = []
  for (const [, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { scan } = await metadata.read({ scan: [{ group, limit: 10_000 }] })
    for (const entry of scan[0]?.entries ?? []) rows.push(toRow(entry))
  }
  return rows
}

function toRow({ key, value, revision }: MetadataEntry): GoldenRow {
  const end = value.indexOf(0)
  const record = Buffer.from(end < 0 ? value : value.subarray(0, end)).toString()
  return {
    group: hexOf(key.group),
    item: hexOf(key.item),
    revision,
    // The one value that the world outside decides.
    ...(value.length > 0 && { record: record.replace(/^\{"pid":\d+\}$/, '{"pid":1}') }),
    ...(end >= 0 && { bytes: hexOf(value.subarray(end + 1)) }),
  }
}

function toEntry({ group, item, revision, record = '', bytes }: GoldenRow): MetadataEntry {
  const key: Key = { group: bytesOf(group), item: bytesOf(item) }
  const value = bytes === undefined ? Buffer.from(record) : Buffer.concat([Buffer.from(`${record}\0`), bytesOf(bytes)])
  return { key, value: new Uint8Array(value), revision: revision as MetadataEntry['revision'] }
}

async function dumpBlobs(storage: MemoryBackend): Promise<Record<string, string>> {
  const blobs: Record<string, string> = {}
  for (const { key } of (await storage.list()).blobs) blobs[key] = hexOf(await storage.get(key))
  return blobs
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** 250 ms pass whenever somebody looks at the time. */
function steppingClock(): Clock {
  let time = Date.UTC(2026, 10, 1)
  let ticks = 0
  return {
    now: () => {
      time += 250
      return time
    },
    monotonic: () => ticks,
    sleep: async (ms) => {
      ticks += ms
    },
  }
}

/** SHA-256 of 0, 1, 2 and so on. */
function countedRandom(): Random {
  let count = 0
  return {
    bytes: (size) => new Uint8Array(createHash('sha256').update(String(count++)).digest().subarray(0, size)),
    fraction: () => 0.5,
  }
}
