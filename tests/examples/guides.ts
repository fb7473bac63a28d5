import { join } from 'node:path'
import { blocksOf, root } from '../docs/documents.ts'
import type { FencedBlock } from '../docs/markdown.ts'

/** A guide that goes from an empty folder to an adapter, and the example that holds what it shows. */
export interface Guide {
  readonly document: string
  /** The folder of the example. */
  readonly example: string
  readonly layer: 'storage' | 'metadata'
  /** The most lines that the adapter's own files may have together. */
  readonly lines: number
}

export const guides: readonly Guide[] = [
  guide('add-a-metadata-store', 'level-store', 'metadata', 250),
  guide('add-a-storage-backend', 'folder-backend', 'storage', 125),
]

/** The blocks that a reader writes to files, by name. */
export function shownFiles({ document }: Guide): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const block of blocksOf(document)) {
    if (block.file !== undefined && block.language !== 'sh') files.set(block.file, `${block.text}\n`)
  }
  return files
}

/** The commands of a guide in order, each with what the guide says that it prints. */
export function commandsShown({
  document,
}: Guide): readonly { readonly block: FencedBlock; readonly prints: string | undefined }[] {
  const blocks = blocksOf(document)
  return blocks.flatMap((block, index) => {
    if (block.language !== 'sh' || block.file !== undefined) return []
    const next = blocks[index + 1]
    return [{ block, prints: next?.marker === 'prints' ? next.text : undefined }]
  })
}

function guide(document: string, example: string, layer: Guide['layer'], lines: number): Guide {
  return { document: `docs/guide/${document}.md`, example: join(root, 'examples', example), layer, lines }
}
