import {
  adopt,
  copyOf,
  emptyDirectory,
  fail,
  isBelow,
  isDirectoryPath,
  latest,
  type ModelDirectory,
  type ModelFile,
  type ModelLink,
  type ModelNode,
  type ModelVersion,
  namesOf,
  originalOf,
  push,
  withExecutable,
} from './model-tree.ts'

/** What Nexus promises, in the plainest form: a tree of maps, changed one call at a time. It shares no code with the file system. */

export interface ModelWrite {
  readonly path: string
  readonly content: string
  readonly ifVersion?: number | undefined
  /** The file and version that an etag was taken from. */
  readonly ifSame?: { readonly file: ModelFile | undefined; readonly version: number } | undefined
  /** What the file must hold, unless it holds what is written. */
  readonly ifContent?: string | undefined
  readonly ifNone?: boolean | undefined
  readonly mode?: number | undefined
  readonly executable?: boolean | undefined
}

export interface ModelWords {
  readonly author: string
  readonly reason?: string | undefined
  readonly parents?: boolean | undefined
}

export class ModelFS {
  root = emptyDirectory()

  write(write: ModelWrite, words: ModelWords): ModelFile {
    return this.#write(write, words, new Set(), false)
  }

  /**
   * One after the other, in a copy that takes the place of the tree only if all succeed; a path gets one version at most. Links are
   * followed in the tree as it was before: a name that the batch makes is not there for them.
   */
  writeBatch(writes: readonly ModelWrite[], words: ModelWords): ModelFile[] {
    if (writes.some(({ path }) => isDirectoryPath(path))) fail('IsADirectory')
    const before = this.root
    const dangling = writes.map(({ path }) => this.#isDangling(path))
    const copies = new Map<ModelNode, ModelNode>()
    this.root = copyOf(before, copies) as ModelDirectory
    try {
      const written = new Set<string>()
      const files = writes.map((write, index) => {
        const ifSame = write.ifSame && {
          ...write.ifSame,
          file: write.ifSame.file && (copies.get(write.ifSame.file) as ModelFile | undefined),
        }
        return this.#write({ ...write, ifSame }, words, written, dangling[index] === true)
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

  #write(write: ModelWrite, words: ModelWords, written: Set<string>, isDangling: boolean): ModelFile {
    if (isDirectoryPath(write.path)) fail('IsADirectory')
    const needsFile = [write.ifContent, write.ifVersion, write.ifSame].some((condition) => condition !== undefined)
    if (isDangling && write.ifNone && this.find(write.path, 'kept')) fail('AlreadyExists')
    if (isDangling) fail(needsFile ? 'Conflict' : 'NotFound')
    const names = namesOf(this.real(write.path))
    const there = this.find(write.path)
    const isAgain = written.has(names.join('/'))
    const mode = withExecutable(write, there?.kind === 'file' ? latest(there).mode : 0o644)
    if (write.ifNone && this.find(write.path, 'kept')) fail('AlreadyExists')
    if (write.ifContent !== undefined) {
      const now = there?.kind === 'file' && !isAgain ? latest(there) : fail('Conflict')
      if (now.content === write.content && now.mode === mode) return there as ModelFile
      if (now.content !== write.ifContent) fail('Conflict')
    }
    if (write.ifVersion !== undefined && (isAgain || there?.kind !== 'file' || there.versions.length !== write.ifVersion))
      fail('Conflict')
    if (
      write.ifSame &&
      (isAgain || there?.kind !== 'file' || there !== write.ifSame.file || there.versions.length !== write.ifSame.version)
    )
      fail('Conflict')
    if (there?.kind === 'directory') fail('IsADirectory')
    const parent = this.parentOf(names, words.parents ?? true)
    const version = { content: write.content, mode, author: words.author, reason: words.reason }
    const file: ModelFile = there?.kind === 'file' ? there : { kind: 'file', versions: [] }
    if (isAgain) file.versions.pop()
    file.versions.push(version)
    parent.children.set(names.at(-1) ?? '', file)
    written.add(names.join('/'))
    return file
  }

  /** True if a link leads up again from a directory that is not there. */
  #isDangling(path: string): boolean {
    if (isDirectoryPath(path)) return false
    const names = namesOf(this.real(path))
    if (!names.includes('..')) return false
    let node: ModelNode | undefined = this.root
    for (const name of names) {
      if (node?.kind !== 'directory') return false
      node = node.children.get(name)
      if (node === undefined) return true
    }
    return false
  }

  /**
   * The path that is meant, without links; what comes behind a name that is absent or a file stays as it is, `..` too.
   * @throws {NexusError} InvalidPath for more than 40 links
   */
  real(path: string, last: Last = 'followed'): string {
    const way: { readonly name: string; readonly directory: ModelDirectory }[] = []
    let rest = namesOf(path)
    let links = 0
    for (let name = rest[0]; name !== undefined; name = rest[0]) {
      const more = rest.slice(1)
      const node = name === '..' ? undefined : (way.at(-1)?.directory ?? this.root).children.get(name)
      if (name === '..') {
        way.pop()
        rest = more
      } else if (node?.kind === 'link' && (last === 'followed' || more.length > 0)) {
        if (++links > 40) fail('InvalidPath')
        const { target } = node.versions.at(-1) ?? fail('Unexpected')
        if (target.startsWith('/')) way.length = 0
        rest = [...namesOf(target), ...more]
      } else if (node?.kind === 'directory') {
        way.push({ name, directory: node })
        rest = more
      } else break
    }
    return `/${[...way.map(({ name }) => name), ...rest].join('/')}`
  }

  find(path: string, last: Last = 'followed'): ModelNode | undefined {
    let node: ModelNode | undefined = this.root
    for (const name of namesOf(this.real(path, last))) {
      if (node?.kind !== 'directory') return undefined
      node = node.children.get(name)
    }
    return node
  }

  /** What an append or an edit of a file is given. */
  contentBefore(path: string): string | undefined {
    if (isDirectoryPath(path)) fail('IsADirectory')
    const there = this.find(path)
    return there?.kind === 'file' ? latest(there).content : undefined
  }

  /** What stands at the path, or the error of a command that needs it. */
  require(path: string, last: Last = 'followed'): ModelNode {
    const names = namesOf(this.real(path, last))
    let node: ModelNode = this.root
    for (const [depth, name] of names.entries()) {
      if (node.kind !== 'directory') fail('NotADirectory')
      const next: ModelNode | undefined = node.children.get(name)
      if (next === undefined) fail('NotFound')
      if (next.kind === 'file' && depth < names.length - 1) fail('NotADirectory')
      node = next
    }
    return node
  }

  file(path: string): ModelFile {
    const node = this.require(path)
    return node.kind === 'file' ? node : fail('IsADirectory')
  }

  directory(path: string): ModelDirectory {
    const node = this.require(path)
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
      if (next !== undefined && next.kind !== 'directory') fail('NotADirectory')
      if (next === undefined && names.includes('..')) fail('NotFound')
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
    if (recursive && this.find(path)?.kind === 'directory') return
    if (this.find(path, 'kept')) fail('AlreadyExists')
    const real = namesOf(this.real(path))
    this.parentOf(real, recursive).children.set(names.at(-1) ?? '', emptyDirectory())
  }

  rmdir(path: string): void {
    if (namesOf(path).length === 0) fail('InvalidArgument')
    const node = this.require(path, 'kept')
    const directory = node.kind === 'directory' ? node : fail('NotADirectory')
    if (directory.children.size > 0) fail('NotEmpty')
    this.#takeAway(path)
  }

  /** Tells whether anything was there. */
  remove(path: string, options: { recursive?: boolean; force?: boolean }): boolean {
    if (namesOf(path).length === 0) fail('InvalidArgument')
    if (options.force && this.find(path, 'kept') === undefined && !this.hasFileAbove(path)) return false
    const node = this.require(path, 'kept')
    if (node.kind === 'directory' && !options.recursive) fail('IsADirectory')
    this.#takeAway(path)
    return true
  }

  restore(path: string, to: string, parents: boolean): ModelNode {
    if (namesOf(path).length === 0 || namesOf(to).length === 0) fail('InvalidArgument')
    if (this.find(to, 'kept')) fail('AlreadyExists')
    const names = namesOf(this.real(path, 'kept'))
    if (this.hasFileAbove(path)) fail('NotADirectory')
    const [removed] = this.removedFrom(names)
    const { node, takeOut } = removed ?? fail('NotFound')
    const target = namesOf(this.real(to, 'kept'))
    this.parentOf(target, parents).children.set(target.at(-1) ?? '', node)
    takeOut()
    return node
  }

  /** What was removed from a path, or with a directory above it: the latest first, and what a removed directory held before the rest. */
  removedFrom(names: readonly string[], from: ModelDirectory = this.root, isRemoved = false): Removed[] {
    const [name = '', ...rest] = names
    const there = from.children.get(name)
    if (!isRemoved && there !== undefined && rest.length > 0)
      return there.kind === 'directory' ? this.removedFrom(rest, there) : []
    const stack = from.removed.get(name) ?? []
    const here: Removed[] = [
      ...(there === undefined || !isRemoved ? [] : [{ node: there, takeOut: () => void from.children.delete(name) }]),
      ...stack.map((node) => ({ node, takeOut: () => void stack.splice(stack.indexOf(node), 1) })).reverse(),
    ]
    if (rest.length === 0) return here
    return here.flatMap(({ node }) => (node.kind === 'directory' ? this.removedFrom(rest, node, true) : []))
  }

  /** The file whose versions a path shows. */
  fileWithHistory(path: string): ModelFile {
    if (this.find(path) !== undefined || this.hasFileAbove(this.real(path))) return this.file(path)
    const files = this.removedFrom(namesOf(this.real(path))).map(({ node }) => node)
    return files.find((node) => node.kind === 'file') ?? fail('NotFound')
  }

  move(from: string, to: string, options: { overwrite?: boolean; parents?: boolean }): ModelNode {
    if (namesOf(from).length === 0) fail('InvalidArgument')
    if (namesOf(to).length === 0) fail('AlreadyExists')
    const source = namesOf(this.real(from, 'kept'))
    const target = namesOf(this.real(to, 'kept'))
    const node = this.require(from, 'kept')
    if (source.join('/') === target.join('/')) return node
    if (node.kind === 'directory' && isBelow(target, source)) fail('InvalidArgument')
    const there = this.find(to, 'kept')
    if (there && !options.overwrite) fail('AlreadyExists')
    if (there?.kind === 'directory') fail('IsADirectory')
    if (there && node.kind === 'directory') fail('NotADirectory')
    if (node.kind !== 'directory' && isDirectoryPath(to)) fail('IsADirectory')
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
    const there = this.find(to) ?? this.find(to, 'kept')
    const isSame = this.real(from) === this.real(to)
    if (there && (!options.overwrite || isSame)) fail('AlreadyExists')
    const source = options.version === undefined ? latest(current) : this.version(from, options.version)
    return this.write({ path: to, content: source.content, mode: source.mode }, words)
  }

  rollback(path: string, number: number, words: ModelWords): ModelFile {
    const version = this.version(path, number)
    return this.write({ path: `/${namesOf(path).join('/')}`, content: version.content, mode: version.mode }, words)
  }

  symlink(target: string, path: string, overwrite: boolean, words: ModelWords): ModelLink {
    if (namesOf(path).length === 0) fail('AlreadyExists')
    const names = namesOf(this.real(path, 'kept'))
    const there = this.find(path, 'kept')
    if (there && !overwrite) fail('AlreadyExists')
    if (there?.kind === 'directory') fail('IsADirectory')
    const parent = this.parentOf(names, words.parents ?? true)
    const name = names.at(-1) ?? ''
    if (there?.kind === 'file') push(parent, name, there)
    const link: ModelLink = there?.kind === 'link' ? there : { kind: 'link', versions: [] }
    link.versions.push({ target, author: words.author })
    parent.children.set(name, link)
    return link
  }

  readlink(path: string): string {
    const node = this.require(path, 'kept')
    return node.kind === 'link' ? (node.versions.at(-1)?.target ?? '') : fail('InvalidArgument')
  }

  realpath(path: string): string {
    this.require(path)
    return this.real(path)
  }

  /** A new version with the same content, and this mode if one is given. */
  change(path: string, mode: number | undefined, words: ModelWords): ModelNode {
    const node = this.require(path)
    if (node === this.root) fail('InvalidArgument')
    if (node.kind === 'directory') node.mode = mode ?? node.mode
    if (node.kind !== 'file') return node
    const { content, mode: before } = latest(node)
    node.versions.push({ content, mode: mode ?? before, author: words.author, reason: words.reason })
    return node
  }

  hasFileAbove(path: string): boolean {
    const names = namesOf(this.real(path, 'kept'))
    return names.some((_, depth) => depth > 0 && this.find(`/${names.slice(0, depth).join('/')}`)?.kind === 'file')
  }

  #takeAway(path: string): void {
    const names = namesOf(this.real(path, 'kept'))
    const name = names.at(-1) ?? ''
    const parent = this.directory(`/${names.slice(0, -1).join('/')}`)
    const node = parent.children.get(name) ?? fail('Unexpected')
    parent.children.delete(name)
    push(parent, name, node)
  }
}

/** Something that can be restored, and how it leaves where it is kept. */
interface Removed {
  readonly node: ModelNode
  readonly takeOut: () => void
}

/** Whether the last name of a path is taken as it is if it is a link. */
type Last = 'followed' | 'kept'
