import { type ErrorCode, NexusError } from 'nexusfs'

/** What Nexus promises, in the plainest form: a tree of maps, changed one call at a time. It shares no code with the file system. */

export interface ModelVersion {
  readonly content: string
  readonly executable: boolean
  readonly author: string
  readonly reason: string | undefined
}

export interface ModelFile {
  readonly kind: 'file'
  versions: ModelVersion[]
}

export interface ModelDirectory {
  readonly kind: 'directory'
  children: Map<string, ModelNode>
  /** What was removed from each name and has not come back, oldest first. */
  removed: Map<string, ModelNode[]>
}

export type ModelNode = ModelFile | ModelDirectory

export interface ModelWrite {
  readonly path: string
  readonly content: string
  readonly ifVersion?: number | undefined
  /** The file and version that an etag was taken from. */
  readonly ifSame?: { readonly file: ModelFile | undefined; readonly version: number } | undefined
  readonly ifNone?: boolean | undefined
  readonly executable?: boolean | undefined
}

export interface ModelWords {
  readonly author: string
  readonly reason?: string | undefined
  readonly parents?: boolean | undefined
}

function fail(code: ErrorCode): never {
  throw new NexusError(code, 'the model refuses')
}

function emptyDirectory(): ModelDirectory {
  return { kind: 'directory', children: new Map(), removed: new Map() }
}

export function latest(file: ModelFile): ModelVersion {
  return file.versions.at(-1) ?? fail('Unexpected')
}

export class ModelFS {
  root = emptyDirectory()

  write(write: ModelWrite, words: ModelWords): ModelFile {
    return this.#write(write, words, new Set())
  }

  /** One after the other, in a copy that takes the place of the tree only if all succeed; a path gets one version at most. */
  writeBatch(writes: readonly ModelWrite[], words: ModelWords): ModelFile[] {
    if (writes.some(({ path }) => isDirectoryPath(path))) fail('IsADirectory')
    const before = this.root
    const copies = new Map<ModelNode, ModelNode>()
    this.root = copyOf(before, copies) as ModelDirectory
    try {
      const written = new Set<string>()
      const files = writes.map((write) => {
        const ifSame = write.ifSame && {
          ...write.ifSame,
          file: write.ifSame.file && (copies.get(write.ifSame.file) as ModelFile | undefined),
        }
        return this.#write({ ...write, ifSame }, words, written)
      })
      const after = this.root
      this.root = before
      adopt(before, after, copies)
      return files.map((file) => originalOf(file, copies) as ModelFile)
    } catch (error) {
      this.root = before
      throw error
    }
  }

  #write(write: ModelWrite, words: ModelWords, written: Set<string>): ModelFile {
    const names = namesOf(write.path)
    if (isDirectoryPath(write.path)) fail('IsADirectory')
    const there = this.find(write.path)
    const isAgain = written.has(names.join('/'))
    if (write.ifNone && there) fail('AlreadyExists')
    if (write.ifVersion !== undefined && (isAgain || there?.kind !== 'file' || there.versions.length !== write.ifVersion))
      fail('Conflict')
    if (
      write.ifSame &&
      (isAgain || there?.kind !== 'file' || there !== write.ifSame.file || there.versions.length !== write.ifSame.version)
    )
      fail('Conflict')
    if (there?.kind === 'directory') fail('IsADirectory')
    const parent = this.parentOf(names, words.parents ?? true)
    const old = there && latest(there)
    const version = {
      content: write.content,
      executable: write.executable ?? old?.executable ?? false,
      author: words.author,
      reason: words.reason,
    }
    const file: ModelFile = there ?? { kind: 'file', versions: [] }
    if (isAgain) file.versions.pop()
    file.versions.push(version)
    parent.children.set(names.at(-1) ?? '', file)
    written.add(names.join('/'))
    return file
  }

  find(path: string): ModelNode | undefined {
    let node: ModelNode | undefined = this.root
    for (const name of namesOf(path)) {
      if (node?.kind !== 'directory') return undefined
      node = node.children.get(name)
    }
    return node
  }

  /** What stands at the path, or the error of a command that needs it. */
  demand(path: string): ModelNode {
    const names = namesOf(path)
    let node: ModelNode = this.root
    for (const [depth, name] of names.entries()) {
      if (node.kind === 'file') fail('NotADirectory')
      const next: ModelNode | undefined = node.children.get(name)
      if (next === undefined) fail('NotFound')
      if (next.kind === 'file' && depth < names.length - 1) fail('NotADirectory')
      node = next
    }
    return node
  }

  file(path: string): ModelFile {
    const node = this.demand(path)
    return node.kind === 'file' ? node : fail('IsADirectory')
  }

  directory(path: string): ModelDirectory {
    const node = this.demand(path)
    return node.kind === 'directory' ? node : fail('NotADirectory')
  }

  version(path: string, number: number): ModelVersion {
    const { versions } = this.file(path)
    if (number < 1 || !Number.isInteger(number)) fail('InvalidArgument')
    return versions[number - 1] ?? fail('NotFound')
  }

  /** The directory of a name; the missing ones above are made once all of the way is known to be free. */
  parentOf(names: readonly string[], mayMake: boolean): ModelDirectory {
    let node: ModelDirectory = this.root
    for (const name of names.slice(0, -1)) {
      let next = node.children.get(name)
      if (next?.kind === 'file') fail('NotADirectory')
      if (next === undefined) {
        if (!mayMake) fail('NotFound')
        next = emptyDirectory()
        node.children.set(name, next)
      }
      node = next
    }
    return node
  }

  mkdir(path: string, recursive: boolean): void {
    const names = namesOf(path)
    if (names.length === 0) {
      if (!recursive) fail('AlreadyExists')
      return
    }
    const there = this.find(path)
    if (recursive && there?.kind === 'directory') return
    if (there) fail('AlreadyExists')
    this.parentOf(names, recursive).children.set(names.at(-1) ?? '', emptyDirectory())
  }

  rmdir(path: string): void {
    if (namesOf(path).length === 0) fail('InvalidArgument')
    const directory = this.directory(path)
    if (directory.children.size > 0) fail('NotEmpty')
    this.#takeAway(path)
  }

  /** Tells whether anything was there. */
  remove(path: string, options: { recursive?: boolean; force?: boolean }): boolean {
    if (namesOf(path).length === 0) fail('InvalidArgument')
    if (options.force && this.find(path) === undefined && !this.hasFileAbove(path)) return false
    const node = this.demand(path)
    if (node.kind === 'directory' && !options.recursive) fail('IsADirectory')
    this.#takeAway(path)
    return true
  }

  restore(path: string, to: string, parents: boolean): ModelNode {
    if (namesOf(path).length === 0 || namesOf(to).length === 0) fail('InvalidArgument')
    if (this.find(to)) fail('AlreadyExists')
    const names = namesOf(path)
    if (this.hasFileAbove(path)) fail('NotADirectory')
    const holder = this.find(`/${names.slice(0, -1).join('/')}`)
    const stack = holder?.kind === 'directory' ? holder.removed.get(names.at(-1) ?? '') : undefined
    const node = stack?.at(-1) ?? fail('NotFound')
    const target = namesOf(to)
    this.parentOf(target, parents).children.set(target.at(-1) ?? '', node)
    stack?.pop()
    return node
  }

  move(from: string, to: string, options: { overwrite?: boolean; parents?: boolean }): ModelNode {
    const source = namesOf(from)
    const target = namesOf(to)
    if (source.length === 0) fail('InvalidArgument')
    if (target.length === 0) fail('AlreadyExists')
    const node = this.demand(from)
    if (source.join('/') === target.join('/')) return node
    if (node.kind === 'directory' && isBelow(target, source)) fail('InvalidArgument')
    const there = this.find(to)
    if (there && !options.overwrite) fail('AlreadyExists')
    if (there?.kind === 'directory') fail('IsADirectory')
    if (there && node.kind === 'directory') fail('NotADirectory')
    if (node.kind === 'file' && isDirectoryPath(to)) fail('IsADirectory')
    const parent = this.parentOf(target, options.parents ?? true)
    const name = target.at(-1) ?? ''
    if (there) push(parent, name, there)
    this.directory(`/${source.slice(0, -1).join('/')}`).children.delete(source.at(-1) ?? '')
    parent.children.set(name, node)
    return node
  }

  copy(from: string, to: string, options: { overwrite?: boolean; version?: number | undefined }, words: ModelWords): ModelFile {
    if (isDirectoryPath(to)) fail('IsADirectory')
    const current = this.file(from)
    const there = this.find(to)
    const isSame = namesOf(from).join('/') === namesOf(to).join('/')
    if (there && namesOf(to).length > 0 && (!options.overwrite || isSame)) fail('AlreadyExists')
    const source = options.version === undefined ? latest(current) : this.version(from, options.version)
    return this.write({ path: to, content: source.content, executable: source.executable }, words)
  }

  rollback(path: string, number: number, words: ModelWords): ModelFile {
    const version = this.version(path, number)
    return this.write({ path: `/${namesOf(path).join('/')}`, content: version.content, executable: version.executable }, words)
  }

  hasFileAbove(path: string): boolean {
    const names = namesOf(path)
    return names.some((_, depth) => depth > 0 && this.find(`/${names.slice(0, depth).join('/')}`)?.kind === 'file')
  }

  #takeAway(path: string): void {
    const names = namesOf(path)
    const name = names.at(-1) ?? ''
    const parent = this.directory(`/${names.slice(0, -1).join('/')}`)
    const node = parent.children.get(name) ?? fail('Unexpected')
    parent.children.delete(name)
    push(parent, name, node)
  }
}

function push(parent: ModelDirectory, name: string, node: ModelNode): void {
  parent.removed.set(name, [...(parent.removed.get(name) ?? []), node])
}

export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** A path that only a directory can have: the root, or one with a slash at the end. */
function isDirectoryPath(path: string): boolean {
  return namesOf(path).length === 0 || /\/\.?$/.test(path)
}

function isBelow(names: readonly string[], above: readonly string[]): boolean {
  return above.every((name, depth) => names[depth] === name)
}

/** A copy of a tree, removed parts included, that remembers what is a copy of what. */
function copyOf(node: ModelNode, copies: Map<ModelNode, ModelNode>): ModelNode {
  if (node.kind === 'file') {
    const copy: ModelFile = { kind: 'file', versions: [...node.versions] }
    copies.set(node, copy)
    return copy
  }
  const copy = emptyDirectory()
  copies.set(node, copy)
  for (const [name, child] of node.children) copy.children.set(name, copyOf(child, copies))
  for (const [name, nodes] of node.removed)
    copy.removed.set(
      name,
      nodes.map((each) => copyOf(each, copies)),
    )
  return copy
}

/** Carries a changed copy back into the tree it was made of, so that nodes keep their identity. */
function adopt(before: ModelDirectory, after: ModelDirectory, copies: ReadonlyMap<ModelNode, ModelNode>): void {
  for (const [name, changed] of after.children) {
    const original = before.children.get(name)
    if (original === undefined || copies.get(original) !== changed) before.children.set(name, changed)
    else if (original.kind === 'file') original.versions = (changed as ModelFile).versions
    else adopt(original, changed as ModelDirectory, copies)
  }
}

function originalOf(node: ModelNode, copies: ReadonlyMap<ModelNode, ModelNode>): ModelNode {
  for (const [original, copy] of copies) if (copy === node) return original
  return node
}
