import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isNexusError, type NexusFS } from 'nexusfs'
import { latest, type ModelFile, ModelFS, type ModelNode, namesOf } from './model-fs.ts'

/** The part of a file system that is put to the test; a planted bug replaces one method. */
export type Tested = Pick<
  NexusFS,
  | 'append'
  | 'copy'
  | 'edit'
  | 'exists'
  | 'list'
  | 'mkdir'
  | 'move'
  | 'read'
  | 'readRange'
  | 'readText'
  | 'readWithStat'
  | 'remove'
  | 'restore'
  | 'rmdir'
  | 'rollback'
  | 'stat'
  | 'usage'
  | 'versions'
  | 'walk'
  | 'write'
  | 'writeBatch'
>

/** The model, and etags that the real one gave with the file and version they belong to. */
export class World {
  readonly model = new ModelFS()
  /** The operation under way, and how many came before it. */
  doing = 'open'
  done = 0
  readonly etags: { readonly etag: string; readonly file: ModelFile; readonly version: number }[] = []
}

const names = fc.constantFrom('a', 'b', 'c', 'a_b', 'a%', 'A', 'é', 'e\u0301')
const path = fc.oneof(
  { weight: 30, arbitrary: fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`) },
  { weight: 2, arbitrary: fc.constantFrom('/', '//', '/.', '/a//b/', '/./a/./b') },
  { weight: 1, arbitrary: fc.constantFrom('', 'a', '/..', '/a/../b', '/a\0', `/${'x'.repeat(256)}`, '/\ud800') },
)
/** Tiny (in the head), inline and blob sizes. */
const content = fc
  .tuple(fc.constantFrom('x', 'y', 'ü'), fc.constantFrom(0, 1, 100, 200, 5000))
  .map(([text, times]) => text.repeat(times))
const version = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 1.5) },
)
const words = fc.record({ author: fc.constantFrom('ann', 'bob') }, {}).chain(({ author }) =>
  fc.record({
    author: fc.constant(author),
    reason: fc.constantFrom(undefined, 'why'),
    parents: fc.constantFrom(undefined, true, false),
  }),
)
const precondition = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.record({ ifVersion: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ ifEtag: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.constant({ ifNone: true }) },
)
type Precondition = { ifVersion?: number; ifEtag?: number; ifNone?: boolean }
const fileWrite = fc.record({ path, content, precondition, executable: fc.constantFrom(undefined, true, false) })
type FileWrite = typeof fileWrite extends fc.Arbitrary<infer T> ? T : never
const flag = fc.boolean()

/** One operation: what the model says, and what the real one does. Both give a plain value or throw an error with a code. */
interface Step {
  readonly label: string
  model(world: World): unknown
  real(fs: Tested, world: World): Promise<unknown>
}

const steps: fc.Arbitrary<Step>[] = [
  fc.tuple(fileWrite, words).map(([write, say]) => ({
    label: `write ${JSON.stringify({ ...write, content: write.content.length, ...say })}`,
    model: (world) => shown(world.model.write(modelWrite(world, write), say)),
    real: async (fs, world) => fileShown(await fs.write(write.path, write.content, { ...options(world, write), ...say })),
  })),
  fc.tuple(fc.array(fileWrite, { maxLength: 4 }), words).map(([writes, say]) => ({
    label: `writeBatch ${JSON.stringify(writes.map((each) => ({ ...each, content: each.content.length })))} ${JSON.stringify(say)}`,
    model: (world) =>
      world.model
        .writeBatch(
          writes.map((each) => modelWrite(world, each)),
          say,
        )
        .map(shown),
    real: async (fs, world) =>
      (
        await fs.writeBatch(
          writes.map((each) => ({ path: each.path, content: each.content, ...options(world, each) })),
          say,
        )
      ).map(fileShown),
  })),
  fc.tuple(path, content, words).map(([at, more, say]) => ({
    label: `append ${at} ${more.length}`,
    model: ({ model }) =>
      shown(
        model.write(
          { path: at, content: `${model.find(at)?.kind === 'file' ? latest(model.file(at)).content : ''}${more}` },
          say,
        ),
      ),
    real: async (fs) => fileShown(await fs.append(at, more, say)),
  })),
  fc.tuple(path, words).map(([at, say]) => ({
    label: `edit ${at}`,
    model: ({ model }) =>
      shown(
        model.write(
          { path: at, content: edited(model.find(at)?.kind === 'file' ? latest(model.file(at)).content : undefined) },
          say,
        ),
      ),
    real: async (fs) => fileShown(await fs.edit(at, (before) => edited(before && Buffer.from(before).toString()), say)),
  })),
  fc.tuple(path, fc.option(version, { nil: undefined })).map(([at, n]) => ({
    label: `read ${at} ${n}`,
    model: ({ model }) => (n === undefined ? latest(model.file(at)) : model.version(at, n)).content,
    real: async (fs) => {
      const bytes = await fs.read(at, { version: n })
      const text = Buffer.from(bytes).toString()
      bytes.fill(0)
      assert.equal(await fs.readText(at, { version: n }), text, 'a buffer that was handed out is the file itself')
      return text
    },
  })),
  fc.tuple(path, fc.nat(150), fc.option(fc.nat(150), { nil: undefined })).map(([at, start, length]) => ({
    label: `readRange ${at} ${start} ${length}`,
    model: ({ model }) =>
      [...Buffer.from(latest(model.file(at)).content).subarray(start, length === undefined ? undefined : start + length)].join(),
    real: async (fs) => (await fs.readRange(at, { start, length })).join(),
  })),
  path.map((at) => ({
    label: `readWithStat ${at}`,
    model: ({ model }) => [latest(model.file(at)).content, shown(model.file(at))],
    real: async (fs, world) => {
      const { content: bytes, stat } = await fs.readWithStat(at)
      const file = world.model.file(at)
      world.etags.push({ etag: stat.etag, file, version: file.versions.length })
      return [Buffer.from(bytes).toString(), fileShown(stat)]
    },
  })),
  path.map((at) => ({ label: `exists ${at}`, model: ({ model }) => model.find(at) !== undefined, real: (fs) => fs.exists(at) })),
  path.map((at) => ({
    label: `stat ${at}`,
    model: ({ model }) => nodeShown(model.find(at)),
    real: async (fs) => entryShown(await fs.stat(at)),
  })),
  fc.tuple(path, fc.constantFrom(undefined, 1, 2)).map(([at, pageSize]) => ({
    label: `list ${at}`,
    model: ({ model }) => sorted(model.directory(at).children).map(([name, node]) => [name, nodeShown(node)]),
    real: async (fs) => (await Array.fromAsync(fs.list(at, { pageSize }))).map((entry) => [entry.name, entryShown(entry)]),
  })),
  path.map((at) => ({
    label: `walk ${at}`,
    model: ({ model }) => walked(`/${namesOf(at).join('/')}`, model.directory(at)),
    real: async (fs) => (await Array.fromAsync(fs.walk(at))).map((entry) => [entry.path, entryShown(entry)]),
  })),
  fc.tuple(path, flag).map(([at, recursive]) => ({
    label: `mkdir ${at} ${recursive}`,
    model: ({ model }) => model.mkdir(at, recursive),
    real: async (fs) => void (await fs.mkdir(at, { recursive })),
  })),
  path.map((at) => ({ label: `rmdir ${at}`, model: ({ model }) => model.rmdir(at), real: (fs) => fs.rmdir(at) })),
  fc.tuple(path, flag, flag).map(([at, recursive, force]) => ({
    label: `remove ${at} ${recursive} ${force}`,
    model: ({ model }) => model.remove(at, { recursive, force }),
    real: (fs) => fs.remove(at, { recursive, force }),
  })),
  fc.tuple(path, fc.option(path, { nil: undefined }), flag).map(([at, to, parents]) => ({
    label: `restore ${at} ${to} ${parents}`,
    model: ({ model }) => nodeShown(model.restore(at, to ?? at, parents)),
    real: async (fs) => entryShown(await fs.restore(at, { to, parents })),
  })),
  fc.tuple(path, path, flag, flag).map(([from, to, overwrite, parents]) => ({
    label: `move ${from} ${to} ${overwrite} ${parents}`,
    model: ({ model }) => nodeShown(model.move(from, to, { overwrite, parents })),
    real: async (fs) => entryShown(await fs.move(from, to, { overwrite, parents })),
  })),
  fc.tuple(path, path, flag, fc.option(version, { nil: undefined }), words).map(([from, to, overwrite, n, say]) => ({
    label: `copy ${from} ${to} ${overwrite} ${n} ${JSON.stringify(say)}`,
    model: ({ model }) => shown(model.copy(from, to, { overwrite, version: n }, say)),
    real: async (fs) => fileShown(await fs.copy(from, to, { overwrite, version: n, ...say })),
  })),
  path.map((at) => ({
    label: `versions ${at}`,
    model: ({ model }) =>
      model
        .file(at)
        .versions.map(({ content: text, ...rest }, index) => ({ version: index + 1, size: Buffer.byteLength(text), ...rest }))
        .reverse(),
    real: async (fs) =>
      (await Array.fromAsync(fs.versions(at, { pageSize: 2 }))).map(({ version: n, size, executable, author, reason }) => ({
        version: n,
        size,
        executable,
        author,
        reason,
      })),
  })),
  fc.tuple(path, version, words).map(([at, n, say]) => ({
    label: `rollback ${at} ${n}`,
    model: ({ model }) => shown(model.rollback(at, n, { ...say, parents: undefined })),
    real: async (fs) => fileShown(await fs.rollback(at, n, { author: say.author, reason: say.reason })),
  })),
  path.map((at) => ({
    label: `usage ${at}`,
    model: ({ model }) => counted(model.demand(at)),
    real: async (fs) => {
      const { files, directories, versions, logicalBytes, historyBytes } = await fs.usage(at)
      return { files, directories, versions, logicalBytes, historyBytes }
    },
  })),
]

/** A step as fast-check runs it: the same result, or an error of the same code. */
class Operation implements fc.AsyncCommand<World, Tested> {
  readonly #step: Step

  constructor(step: Step) {
    this.#step = step
  }

  check(): boolean {
    return true
  }

  async run(world: World, fs: Tested): Promise<void> {
    world.doing = this.#step.label
    const actual = await outcome(() => this.#step.real(fs, world))
    world.done++
    // A path that no store can name is refused before anything else; the model does not repeat those rules.
    if (actual.code === 'InvalidPath') return
    const expected = await outcome(() => this.#step.model(world))
    assert.deepEqual(actual, expected, this.#step.label)
  }

  toString(): string {
    return this.#step.label
  }
}

export const operations: fc.Arbitrary<Operation>[] = steps.map((step) => step.map((each) => new Operation(each)))

async function outcome(work: () => unknown): Promise<{ code?: string; value?: unknown }> {
  try {
    return { value: await work() }
  } catch (error) {
    if (isNexusError(error)) return { code: error.code }
    throw error
  }
}

function modelWrite(
  world: World,
  { path: at, content: text, precondition: wanted, executable }: FileWrite,
): Parameters<ModelFS['write']>[0] {
  const { ifVersion, ifNone, ifEtag } = wanted as Precondition
  const known = ifEtag === undefined ? undefined : world.etags.at(-1 - ifEtag)
  const ifSame = ifEtag === undefined ? undefined : { file: known?.file, version: known?.version ?? 0 }
  return { path: at, content: text, executable, ifVersion, ifNone, ifSame }
}

function options(world: World, { precondition: wanted, executable }: FileWrite): Parameters<Tested['write']>[2] {
  const { ifVersion, ifNone, ifEtag } = wanted as Precondition
  const etag = ifEtag === undefined ? undefined : (world.etags.at(-1 - ifEtag)?.etag ?? 'none')
  return { executable, ifNoneMatch: ifNone ? '*' : undefined, ifMatch: ifVersion === undefined ? etag : { version: ifVersion } }
}

function edited(before: string | undefined): string {
  return before === undefined ? 'new' : `${before.slice(0, 300)}+`
}

function shown(file: ModelFile): object {
  const { content: text, executable, author } = latest(file)
  return { size: Buffer.byteLength(text), version: file.versions.length, executable, author }
}

function nodeShown(node: ModelNode | undefined): object | undefined {
  return node?.kind === 'file' ? shown(node) : node && { directory: true }
}

function fileShown({
  size,
  version: n,
  executable,
  author,
}: {
  size: number
  version: number
  executable: boolean
  author: string
}): object {
  return { size, version: n, executable, author }
}

function entryShown(entry: Awaited<ReturnType<Tested['stat']>>): object | undefined {
  return entry?.kind === 'file' ? fileShown(entry) : entry && { directory: true }
}

function sorted(children: ReadonlyMap<string, ModelNode>): [string, ModelNode][] {
  return [...children].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

function walked(at: string, directory: Extract<ModelNode, { kind: 'directory' }>): unknown[] {
  return sorted(directory.children).flatMap(([name, node]) => {
    const below = at === '/' ? `/${name}` : `${at}/${name}`
    return [[below, nodeShown(node)], ...(node.kind === 'directory' ? walked(below, node) : [])]
  })
}

function counted(node: ModelNode): {
  files: number
  directories: number
  versions: number
  logicalBytes: number
  historyBytes: number
} {
  const sum = { files: 0, directories: 0, versions: 0, logicalBytes: 0, historyBytes: 0 }
  if (node.kind === 'file') {
    const sizes = node.versions.map(({ content: text }) => Buffer.byteLength(text))
    return {
      ...sum,
      files: 1,
      versions: sizes.length,
      logicalBytes: sizes.at(-1) ?? 0,
      historyBytes: sizes.reduce((a, b) => a + b, 0),
    }
  }
  for (const child of node.children.values()) {
    const below = counted(child)
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += below[key]
    if (child.kind === 'directory') sum.directories++
  }
  return sum
}
