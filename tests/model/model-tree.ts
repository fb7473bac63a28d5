import { type ErrorCode, NexusError } from 'nexusfs'

/** What the model's tree is made of. */

export interface ModelVersion {
  readonly content: string
  readonly mode: number
  readonly author: string
  readonly reason: string | undefined
}

export interface ModelFile {
  readonly kind: 'file'
  versions: ModelVersion[]
}

export interface ModelLink {
  readonly kind: 'link'
  readonly versions: { readonly target: string; readonly author: string }[]
}

export interface ModelDirectory {
  readonly kind: 'directory'
  mode: number
  children: Map<string, ModelNode>
  /** What was removed from each name and has not come back, oldest first. */
  removed: Map<string, ModelNode[]>
}

export type ModelNode = ModelFile | ModelDirectory | ModelLink

export function fail(code: ErrorCode): never {
  throw new NexusError(code, 'the model refuses')
}

export function emptyDirectory(): ModelDirectory {
  return { kind: 'directory', mode: 0o755, children: new Map(), removed: new Map() }
}

export function latest(file: ModelFile): ModelVersion {
  return file.versions.at(-1) ?? fail('Unexpected')
}

export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** A copy of a tree, removed parts included, that remembers what is a copy of what. */
export function copyOf(node: ModelNode, copies: Map<ModelNode, ModelNode>): ModelNode {
  if (node.kind === 'file') {
    const copy: ModelFile = { kind: 'file', versions: [...node.versions] }
    copies.set(node, copy)
    return copy
  }
  if (node.kind === 'link') {
    const copy: ModelLink = { kind: 'link', versions: [...node.versions] }
    copies.set(node, copy)
    return copy
  }
  const copy = { ...emptyDirectory(), mode: node.mode }
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
export function adopt(before: ModelDirectory, after: ModelDirectory, copies: ReadonlyMap<ModelNode, ModelNode>): void {
  for (const [name, changed] of after.children) {
    const original = before.children.get(name)
    if (original === undefined || copies.get(original) !== changed) before.children.set(name, changed)
    else if (original.kind === 'file') original.versions = (changed as ModelFile).versions
    else if (original.kind === 'directory') adopt(original, changed as ModelDirectory, copies)
  }
}

export function originalOf(node: ModelNode, copies: ReadonlyMap<ModelNode, ModelNode>): ModelNode {
  for (const [original, copy] of copies) if (copy === node) return original
  return node
}

export function withExecutable(
  { mode, executable }: { mode?: number | undefined; executable?: boolean | undefined },
  before: number,
): number {
  const given = mode ?? before
  if (executable === undefined || executable === (given & 0o111) > 0) return given
  if (!executable) return given & ~0o111
  const readers = [0o100, 0o010, 0o001].filter((bit) => given & (bit * 4))
  return (readers.length > 0 ? readers : [0o111]).reduce((bits, bit) => bits | bit, given)
}

export function push(parent: ModelDirectory, name: string, node: ModelNode): void {
  parent.removed.set(name, [...(parent.removed.get(name) ?? []), node])
}

/** A path that only a directory can have: the root, or one with a slash at the end. */
export function isDirectoryPath(path: string): boolean {
  return namesOf(path).length === 0 || /\/\.?$/.test(path)
}

export function isBelow(names: readonly string[], above: readonly string[]): boolean {
  return above.every((name, depth) => names[depth] === name)
}
