import { globSync, readFileSync } from 'node:fs'
import { type FencedBlock, fencedBlocks } from './markdown.ts'

/** The repository; the tests are run from there. */
export const root: string = process.cwd()

/** The documents whose blocks are executed, from the root of the repository. */
export function documentsWithBlocks(): readonly string[] {
  const places = ['README.md', 'docs/**/*.md', 'packages/*/README.md', 'packages/nexusfs/src/**/README.md', 'CONTRIBUTING.md']
  return globSync(places, { cwd: root }).sort()
}

/** Every document that a reader may follow a link in. */
export function allDocuments(): readonly string[] {
  const places = [
    '*.md',
    'docs/**/*.md',
    'packages/*/README.md',
    'packages/*/src/**/README.md',
    'services/*.md',
    'examples/**/*.md',
  ]
  return globSync(places, { cwd: root, exclude: ['**/node_modules/**'] }).sort()
}

export function readDocument(document: string): string {
  return readFileSync(`${root}/${document}`, 'utf8')
}

export function blocksOf(document: string): readonly FencedBlock[] {
  return fencedBlocks(document, readDocument(document))
}

/** `docs/guide/api.md:12`, for messages. */
export function placeOf({ document, line }: FencedBlock): string {
  return `${document}:${line}`
}
