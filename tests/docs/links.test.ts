// Guards: *.md, docs/**/*.md, packages/**/README.md

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'vitest'
import { allDocuments, readDocument, root } from './documents.ts'
import { headingAnchors, linkTargets } from './markdown.ts'

/** The targets that lead nowhere. Addresses of other hosts are not followed. */
function brokenLinks(document: string): readonly string[] {
  return linkTargets(readDocument(document)).filter((target) => {
    if (/^[a-z]+:/.test(target)) return false
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? document : normalize(join(dirname(document), path))
    if (!existsSync(join(root, file))) return true
    return anchor !== undefined && !headingAnchors(readDocument(file)).includes(anchor)
  })
}

describe('the links of every document', () => {
  const documents = allDocuments()

  it('lead to files and headings that are there', () => {
    const broken = documents.flatMap((document) => brokenLinks(document).map((target) => `${document}: ${target}`))
    assert.deepEqual(broken, [])
  })

  it('are seen', () => {
    assert.ok(documents.length >= 15, `only ${documents.length} documents`)
    assert.ok(documents.flatMap((document) => linkTargets(readDocument(document))).length >= 10)
  })
})
