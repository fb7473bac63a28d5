import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { isNexusError, NexusError, type NexusFS } from 'nexusfs'
import { ModelFS } from './model-fs.ts'
import { latest, type ModelFile, namesOf } from './model-tree.ts'
import { counted, entryShown, fileShown, nodeShown, shown, sorted, walked } from './shown.ts'

/** The part of a file system that is put to the test; a planted bug replaces one method. */
export type Tested = Pick<
  NexusFS,
  | 'append'
  | 'chmod'
  | 'copy'
  | 'edit'
  | 'exists'
  | 'list'
  | 'lstat'
  | 'mkdir'
  | 'move'
  | 'read'
  | 'readRange'
  | 'readStream'
  | 'readText'
  | 'readWithStat'
  | 'readlink'
  | 'realpath'
  | 'remove'
  | 'restore'
  | 'rmdir'
  | 'rollback'
  | 'stat'
  | 'symlink'
  | 'usage'
  | 'utimes'
  | 'versions'
  | 'walk'
  | 'write'
  | 'writeBatch'
  | 'writeStream'
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
  { weight: 2, arbitrary: fc.record({ ifContent: content }) },
)
type Precondition = { ifVersion?: number; ifEtag?: number; ifNone?: boolean; ifContent?: string }
const mode = fc.constantFrom(0o644, 0o755, 0o600, 0o4711, 0)
const fileWrite = fc.record({
  path,
  content,
  precondition,
  mode: fc.option(mode, { freq: 1, nil: undefined }),
  executable: fc.constantFrom(undefined, true, false),
})
/** Paths as links hold them: relative ones, up and down, in circles, and out of the root. */
const target = fc.oneof(
  { weight: 3, arbitrary: fc.array(names, { minLength: 1, maxLength: 2 }).map((parts) => `/${parts.join('/')}`) },
  {
    weight: 5,
    arbitrary: fc
      .array(fc.oneof(names, fc.constantFrom('..', '.')), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/')),
  },
  { weight: 1, arbitrary: fc.constantFrom('/', '..', '.', '//a//b', '../../../..', '', 'a\0', 'x'.repeat(4097)) },
)
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
  fc.tuple(fileWrite, words, fc.integer({ min: 1, max: 3000 })).map(([write, say, length]) => ({
    label: `writeStream ${JSON.stringify({ ...write, content: write.content.length, ...say })} ${length}`,
    model: (world) => shown(world.model.write(modelWrite(world, write), say)),
    real: async (fs, world) => {
      const bytes = Buffer.from(write.content)
      const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) =>
        bytes.subarray(at * length, (at + 1) * length),
      )
      return fileShown(await fs.writeStream(write.path, pieces, { ...options(world, write), ...say }))
    },
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
    model: ({ model }) => shown(model.write({ path: at, content: `${model.contentBefore(at) ?? ''}${more}` }, say)),
    real: async (fs) => fileShown(await fs.append(at, more, say)),
  })),
  fc.tuple(path, words).map(([at, say]) => ({
    label: `edit ${at}`,
    model: ({ model }) => shown(model.write({ path: at, content: edited(model.contentBefore(at)) }, say)),
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
  fc.tuple(path, fc.nat(150), fc.option(fc.nat(150), { nil: undefined })).map(([at, start, length]) => ({
    label: `readStream ${at} ${start} ${length}`,
    model: ({ model }) =>
      [...Buffer.from(latest(model.file(at)).content).subarray(start, length === undefined ? undefined : start + length)].join(),
    real: async (fs) => [...Buffer.concat(await Array.fromAsync(fs.readStream(at, { start, length })))].join(),
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
        .fileWithHistory(at)
        .versions.map(({ content: text, ...rest }, index) => ({ version: index + 1, size: Buffer.byteLength(text), ...rest }))
        .reverse(),
    real: async (fs) =>
      (await Array.fromAsync(fs.versions(at, { pageSize: 2 }))).map(({ version: n, size, mode: bits, author, reason }) => ({
        version: n,
        size,
        mode: bits,
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
    model: ({ model }) => counted(model.require(at)),
    real: async (fs) => {
      const { files, directories, links, versions, logicalBytes, historyBytes } = await fs.usage(at)
      return { files, directories, links, versions, logicalBytes, historyBytes }
    },
  })),
  fc.tuple(target, path, flag, words).map(([to, at, overwrite, say]) => ({
    label: `symlink ${JSON.stringify(to.slice(0, 50))} ${at} ${overwrite} ${JSON.stringify(say)}`,
    model: ({ model }) => nodeShown(model.symlink(checkedTarget(to), at, overwrite, say)),
    real: async (fs) => entryShown(await fs.symlink(to, at, { overwrite, ...say })),
  })),
  path.map((at) => ({
    label: `lstat ${at}`,
    model: ({ model }) => nodeShown(model.find(at, 'kept')),
    real: async (fs) => entryShown(await fs.lstat(at)),
  })),
  path.map((at) => ({ label: `readlink ${at}`, model: ({ model }) => model.readlink(at), real: (fs) => fs.readlink(at) })),
  path.map((at) => ({ label: `realpath ${at}`, model: ({ model }) => model.realpath(at), real: (fs) => fs.realpath(at) })),
  fc.tuple(path, mode, words).map(([at, bits, { author, reason }]) => ({
    label: `chmod ${at} ${bits.toString(8)}`,
    model: ({ model }) => nodeShown(model.change(at, bits, { author, reason })),
    real: async (fs) => entryShown(await fs.chmod(at, bits, { author, reason })),
  })),
  fc.tuple(path, fc.option(fc.constantFrom(0, 5e12), { nil: undefined }), words).map(([at, time, { author, reason }]) => ({
    label: `utimes ${at} ${time}`,
    model: ({ model }) => [nodeShown(model.change(at, undefined, { author, reason })), true],
    real: async (fs) => {
      const entry = await fs.utimes(at, { modifiedAt: time === undefined ? undefined : new Date(time), author, reason })
      return [entryShown(entry), time === undefined || Number(entry.modifiedAt) === time]
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
  { path: at, content: text, precondition: wanted, mode: bits, executable }: FileWrite,
): Parameters<ModelFS['write']>[0] {
  const { ifVersion, ifNone, ifEtag, ifContent } = wanted as Precondition
  const known = ifEtag === undefined ? undefined : world.etags.at(-1 - ifEtag)
  const ifSame = ifEtag === undefined ? undefined : { file: known?.file, version: known?.version ?? 0 }
  return { path: at, content: text, mode: bits, executable, ifVersion, ifNone, ifSame, ifContent }
}

function options(world: World, { precondition: wanted, mode: bits, executable }: FileWrite): Parameters<Tested['write']>[2] {
  const { ifVersion, ifNone, ifEtag, ifContent } = wanted as Precondition
  const etag = ifEtag === undefined ? undefined : (world.etags.at(-1 - ifEtag)?.etag ?? 'none')
  const digest = ifContent === undefined ? undefined : `sha256:${createHash('sha256').update(ifContent).digest('hex')}`
  const ifMatch = ifVersion !== undefined ? { version: ifVersion } : digest !== undefined ? { digest } : etag
  return { mode: bits, executable, ifNoneMatch: ifNone ? '*' : undefined, ifMatch }
}

/** Which texts a link can hold is a rule of their own. */
function checkedTarget(text: string): string {
  if (text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= 4096) return text
  throw new NexusError('InvalidArgument', 'the model refuses')
}

function edited(before: string | undefined): string {
  return before === undefined ? 'new' : `${before.slice(0, 300)}+`
}
