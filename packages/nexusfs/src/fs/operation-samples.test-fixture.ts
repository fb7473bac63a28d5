import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '../testing/seeded-random.ts'
import { type OperationName, operations } from './model/operations.ts'
import type { OperationOptions } from './model/options.ts'
import type { NexusFS } from './nexus-fs.ts'
import { all, fresh } from './store.test-fixture.ts'

/** The methods of a file system that the samples call. */
export type SampledFS = Pick<NexusFS, OperationName>

/** A call of one operation, on the tree that `prepareSamples` makes. */
export interface Sample {
  readonly name: string
  readonly operation: OperationName
  readonly mutates: boolean
  run(fs: SampledFS, options: OperationOptions, local: LocalFolders): Promise<unknown>
}

/** Folders of this machine, for the operations that need them. */
export interface LocalFolders {
  /** What is imported; see `makeLocalTree`. */
  readonly source: string
  /** A path where nothing stands. */
  target(): string
}

type Run = Sample['run']

const [small, older, other] = [fresh(3000), fresh(2000), fresh(2500)]
/** In chunks, which are cut at the same fixtures in each run: two steps each. */
const random = seededRandom('samples')
const [large, known] = [random.bytes(620_000), random.bytes(600_000)]

/** Every operation has a call here; the compiler sees to it. */
const runs: Readonly<Record<OperationName, Run | Readonly<Record<string, Run>>>> = {
  read: {
    '': (fs, options) => fs.read('/d/file', options),
    'of a version': (fs, options) => fs.read('/d/file', { version: 1, ...options }),
    'of a tiny file': (fs, options) => fs.read('/d/tiny', options),
    'of a large file': (fs, options) => fs.read('/large', options),
  },
  readText: (fs, options) => fs.readText('/d/file', options),
  readWithStat: (fs, options) => fs.readWithStat('/d/file', options),
  readRange: {
    '': (fs, options) => fs.readRange('/d/file', { start: 1, length: 10, ...options }),
    'of a large file': (fs, options) => fs.readRange('/large', { start: 300_000, length: 10, ...options }),
  },
  write: {
    'of a new file': (fs, options) => fs.write('/d/new', small, options),
    'of a tiny file': (fs, options) => fs.write('/d/new', 'tiny', options),
    'of a large file': (fs, options) => fs.write('/d/new', large, options),
    'of known content': (fs, options) => fs.write('/d/new', older, options),
    'with missing parents': (fs, options) => fs.write('/x/y/z', small, options),
    'that creates only': (fs, options) => fs.write('/d/new', small, { ifNoneMatch: '*', ...options }),
    'through a link': (fs, options) => fs.write('/link', small, options),
    'over a version': (fs, options) => fs.write('/d/file', small, { ifMatch: { version: 2 }, ...options }),
  },
  readStream: {
    '': (fs, options) => all(fs.readStream('/d/file', options)),
    'of a part': (fs, options) => all(fs.readStream('/d/file', { start: 1, length: 10, ...options })),
    'of a large file': (fs, options) => all(fs.readStream('/large', options)),
  },
  writeStream: {
    '': (fs, options) => fs.writeStream('/d/new', [small], options),
    'of a large file': (fs, options) => fs.writeStream('/d/new', [large.subarray(0, 100_000), large.subarray(100_000)], options),
    'of known large content': (fs, options) => fs.writeStream('/d/new', [known], options),
  },
  writeAt: {
    '': (fs, options) => fs.writeAt('/d/file', 10, 'x', options),
    'of a large file': (fs, options) => fs.writeAt('/large', 300_000, 'x', options),
  },
  truncate: (fs, options) => fs.truncate('/d/file', 10, options),
  append: {
    '': (fs, options) => fs.append('/d/file', 'x', options),
    'to a tiny file': (fs, options) => fs.append('/d/tiny', 'x', options),
    'to a large file': (fs, options) => fs.append('/large', 'x', options),
  },
  edit: {
    '': (fs, options) => fs.edit('/d/file', (before) => `${Buffer.from(before ?? []).toString('hex')}+`, options),
    'that changes nothing': (fs, options) => fs.edit('/d/file', (before) => before ?? '', options),
  },
  writeBatch: (fs, options) =>
    fs.writeBatch(
      [
        { path: '/d/file', content: small },
        { path: '/d/one', content: small },
        { path: '/e/two', content: other },
        { path: '/e/two', content: 'tiny' },
      ],
      options,
    ),
  symlink: {
    '': (fs, options) => fs.symlink('file', '/d/new', options),
    'over a link': (fs, options) => fs.symlink('tiny', '/link', { overwrite: true, ...options }),
    'over a file': (fs, options) => fs.symlink('tiny', '/d/file', { ifMatch: { version: 2 }, ...options }),
  },
  chmod: {
    '': (fs, options) => fs.chmod('/d/file', 0o600, options),
    'of a directory': (fs, options) => fs.chmod('/d', 0o700, options),
    'through a link': (fs, options) => fs.chmod('/link', 0o600, options),
  },
  utimes: {
    '': (fs, options) => fs.utimes('/d/tiny', { modifiedAt: new Date(0), ...options }),
    'of a directory': (fs, options) => fs.utimes('/d', options),
  },
  lstat: (fs, options) => fs.lstat('/link', options),
  readlink: (fs, options) => fs.readlink('/link', options),
  realpath: (fs, options) => fs.realpath('/link', options),
  exists: (fs, options) => fs.exists('/d/file', options),
  stat: (fs, options) => fs.stat('/d/file', options),
  list: (fs, options) => all(fs.list('/d', options)),
  walk: (fs, options) => all(fs.walk('/', options)),
  mkdir: {
    '': (fs, options) => fs.mkdir('/d/new', options),
    'with parents': (fs, options) => fs.mkdir('/m/n', { recursive: true, ...options }),
  },
  rmdir: (fs, options) => fs.rmdir('/empty', options),
  remove: {
    'of a file': (fs, options) => fs.remove('/d/file', { ifMatch: { version: 2 }, ...options }),
    'of a tree': (fs, options) => fs.remove('/tree', { recursive: true, ...options }),
  },
  restore: {
    'of a file': (fs, options) => fs.restore('/d/gone', options),
    'of a tree': (fs, options) => fs.restore('/removed-tree', options),
  },
  move: {
    'of a file': (fs, options) => fs.move('/d/file', '/d/new', options),
    'over a file': (fs, options) => fs.move('/tree/a/b', '/d/file', { ifMatch: { version: 2 }, ...options }),
    'of a tree': (fs, options) => fs.move('/tree', '/d/tree', options),
  },
  copy: {
    '': (fs, options) => fs.copy('/tree/a/b', '/d/new', options),
    'over a file': (fs, options) => fs.copy('/tree/a/b', '/d/file', { ifMatch: { version: 2 }, ...options }),
  },
  versions: (fs, options) => all(fs.versions('/d/file', options)),
  rollback: (fs, options) => fs.rollback('/d/file', 1, options),
  usage: (fs, options) => fs.usage('/', options),
  importTree: (fs, options, { source }) => fs.importTree(source, '/d/new', options),
  exportTree: (fs, options, { target }) => fs.exportTree('/d', target(), options),
  backup: (fs, options, { target }) => fs.backup(target(), options),
}

export const samples: readonly Sample[] = Object.entries(runs).flatMap(([name, run]) => {
  const operation = name as OperationName
  const { mutates } = operations[operation]
  const each = typeof run === 'function' ? [['', run] as const] : Object.entries(run)
  return each.map(([what, one]) => ({ name: what === '' ? name : `${name} ${what}`, operation, mutates, run: one }))
})

/** The tree that the samples work on: two versions of a file, a tiny one, a removed file and tree, an empty directory. */
export async function prepareSamples(fs: SampledFS): Promise<void> {
  await fs.write('/d/file', older)
  await fs.write('/d/file', other)
  await fs.write('/d/tiny', 'tiny')
  await fs.symlink('d/file', '/link')
  await fs.write('/d/gone', older)
  await fs.remove('/d/gone')
  await fs.write('/tree/a/b', older)
  await fs.write('/removed-tree/a', older)
  await fs.remove('/removed-tree', { recursive: true })
  await fs.mkdir('/empty')
  await fs.write('/large', known)
}

/** Folders for the samples below an empty folder. */
export async function makeLocalTree(folder: string): Promise<LocalFolders> {
  const source = join(folder, 'source')
  await mkdir(join(source, 'sub'), { recursive: true })
  await writeFile(join(source, 'file'), large)
  await writeFile(join(source, 'sub', 'small'), small)
  let targets = 0
  return { source, target: () => join(folder, `target${targets++}`) }
}
