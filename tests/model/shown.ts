import type { Entry, FileEntry } from 'nexusfs'
import { latest, type ModelFile, type ModelNode } from './model-tree.ts'

/** What is compared of the model and of the real one: the same plain values of both. */

export function shown(file: ModelFile): object {
  const { content: text, mode, author } = latest(file)
  return { size: Buffer.byteLength(text), version: file.versions.length, mode, executable: (mode & 0o111) > 0, author }
}

export function nodeShown(node: ModelNode | undefined): object | undefined {
  if (node?.kind === 'file') return shown(node)
  if (node?.kind === 'directory') return { directory: true, mode: node.mode }
  const last = node?.versions.at(-1)
  return node && { link: last?.target, version: node.versions.length, author: last?.author }
}

export function fileShown({ size, version, mode, executable, author }: FileEntry): object {
  return { size, version, mode, executable, author }
}

export function entryShown(entry: Entry | undefined): object | undefined {
  if (entry?.kind === 'file') return fileShown(entry)
  if (entry?.kind === 'directory') return { directory: true, mode: entry.mode }
  return entry && { link: entry.target, version: entry.version, author: entry.author }
}

export function sorted(children: ReadonlyMap<string, ModelNode>): [string, ModelNode][] {
  return [...children].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

export function walked(at: string, directory: Extract<ModelNode, { kind: 'directory' }>): unknown[] {
  return sorted(directory.children).flatMap(([name, node]) => {
    const below = at === '/' ? `/${name}` : `${at}/${name}`
    return [[below, nodeShown(node)], ...(node.kind === 'directory' ? walked(below, node) : [])]
  })
}

export function counted(node: ModelNode): {
  files: number
  directories: number
  links: number
  versions: number
  logicalBytes: number
  historyBytes: number
} {
  const sum = { files: 0, directories: 0, links: 0, versions: 0, logicalBytes: 0, historyBytes: 0 }
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
  if (node.kind === 'link') return { ...sum, links: 1 }
  for (const child of node.children.values()) {
    const below = counted(child)
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += below[key]
    if (child.kind === 'directory') sum.directories++
  }
  return sum
}
