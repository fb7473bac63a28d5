/** One fenced block of a document. */
export interface FencedBlock {
  /** The document, from the root of the repository. */
  readonly document: string
  /** Where the fence stands, counted from 1. */
  readonly line: number
  /** The first word behind the fence; empty if there is none. */
  readonly language: string
  /** The second word: the name of the file that the block shows. */
  readonly file: string | undefined
  readonly text: string
  /** The HTML comment in the line above the fence, as `runs in: npm`. */
  readonly marker: string | undefined
}

const fence = /^( *)(`{3,})([^`]*)$/

/**
 * The fenced blocks of a document, in order; a block in a list is moved to the left margin.
 * @throws {Error} if a fence is not closed
 */
export function fencedBlocks(document: string, text: string): readonly FencedBlock[] {
  const lines = text.split('\n')
  const blocks: FencedBlock[] = []
  for (let at = 0; at < lines.length; at++) {
    const [, indent = '', ticks, info = ''] = fence.exec(lines[at] ?? '') ?? []
    if (ticks === undefined) continue
    const end = lines.findIndex((line, index) => index > at && line.trim() === ticks)
    if (end < 0) throw new Error(`${document}:${at + 1}: the fence is not closed`)
    const [language = '', file] = info.trim().split(/\s+/)
    const body = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    const marker = /^ *<!-- *(.*?) *-->$/.exec(lines[at - 1] ?? '')?.[1]
    blocks.push({ document, line: at + 1, language, file, text: body.join('\n'), marker })
    at = end
  }
  return blocks
}

/** The targets of the links of a document, code left out. */
export function linkTargets(text: string): readonly string[] {
  const prose = text.replace(/^( *)(`{3,})[^`]*\n[\s\S]*?^ *\2 *$/gm, '').replace(/`[^`\n]+`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** The anchors that headings of a document give, as GitHub makes them. */
export function headingAnchors(text: string): readonly string[] {
  const prose = text.replace(/^( *)(`{3,})[^`]*\n[\s\S]*?^ *\2 *$/gm, '')
  return [...prose.matchAll(/^#+ +(.+?) *$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
