// Guards: *.md, docs/**/*.md, packages/nexusfs/src/**/*.ts

import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, it } from 'vitest'
import { allDocuments, readDocument, root } from './documents.ts'

/** Words that `docs/glossary.md` says are not used, each with an example that must be found. */
const unused: readonly { readonly pattern: RegExp; readonly example: string }[] = [
  {
    pattern: /(?<!\b(?:there|where|which|that there)) \b(?:is|are) no (?!longer\b|more\b|other\b)/i,
    example: 'a link is no file',
  },
  { pattern: /\bwhoever\b/i, example: 'Whoever reads it' },
  { pattern: /\b(?:he|him|his)\b/i, example: 'the caller says what he wants' },
  { pattern: /\bwas lost while\b/, example: '/a was lost while it was written' },
  { pattern: /\bplaces?\b/i, example: 'another place' },
  { pattern: /(?<!`)\bfounded\b(?!:|`| \}|,| !==)/i, example: 'when the store was founded' },
  { pattern: /\bdemand(?:s|ed|ing|[A-Z]\w*)?\b/, example: 'what the verbs demand' },
  { pattern: /\bastray\b/i, example: 'a link that leads astray' },
  { pattern: /\blegs?\b/i, example: 'the last leg of a path' },
]

/** `place` in the meanings that everybody knows, and as a field of the files with results of benchmarks. */
const ordinary =
  /\b(?:in|into|in exactly the|in its|in their|(?:takes?|took|taken|taking) (?:its|the|their)|exact) places?\b|\btake place\b|\bplace: (?:number|position|round)\b/gi

/** The glossary names the words; pages that are made from other packages have those of their sources. */
const sources = ['packages/nexusfs/src/**/*.ts', 'packages/{bench,cli,conformance}/src/**/*.ts']
const made = ['docs/cli.md', 'docs/laws.md', 'docs/errors.md']
const notSearched = ['CHANGELOG.md', 'docs/glossary.md', ...made]

function findings(file: string, text: string): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const rest = line.replace(ordinary, '')
    return unused.flatMap(({ pattern }) => {
      const [word] = pattern.exec(rest) ?? []
      return word === undefined ? [] : [`${file}:${index + 1}: "${word.trim()}"`]
    })
  })
}

describe('the words that are not used', () => {
  it('are not in the documents', () => {
    const documents = allDocuments().filter((document) => !notSearched.includes(document))
    assert.deepEqual(
      documents.flatMap((document) => findings(document, readDocument(document))),
      [],
    )
  })

  it('are not in messages, comments and names of the sources', () => {
    const files = globSync(sources, { cwd: root }).filter(
      (file) => !/\.(?:test|test-fixture)\.ts$|metadata-stores\/redis\//.test(file),
    )
    assert.ok(files.length >= 300, `only ${files.length} files were seen`)
    assert.deepEqual(
      files.flatMap((file) => findings(file, readDocument(file))),
      [],
    )
  })

  it('are found where they are', () => {
    for (const { example } of unused) assert.equal(findings('x', example).length, 1, example)
    for (const text of ['there is no file', 'it is no longer there', 'truncated in place', 'replace it'])
      assert.deepEqual(findings('x', text), [], text)
  })
})

describe('the documents', () => {
  it('have lines of at most 150 characters, but for tables and links', () => {
    const written = allDocuments().filter((document) => !made.includes(document))
    const long = written.flatMap((document) =>
      linesOfProse(readDocument(document)).flatMap(({ line, number }) => (line.length > 150 ? [`${document}:${number}`] : [])),
    )
    assert.deepEqual(long, [])
  })

  it('run nothing by npx that it would fetch from a registry', () => {
    const fetched = allDocuments().flatMap((document) =>
      [...readDocument(document).matchAll(/\bnpx (?!--no-install )[a-z@-][^\n`]*/g)].map(
        ([command]) => `${document}: ${command}`,
      ),
    )
    assert.deepEqual(fetched, [])
  })
})

/** Tables and indented code stay as they are: they cannot be wrapped. */
function linesOfProse(text: string): readonly { readonly line: string; readonly number: number }[] {
  let isCode = false
  return text.split('\n').flatMap((line, index) => {
    if (/^ *```/.test(line)) isCode = !isCode
    return isCode || line.startsWith('|') || /^ *- \[[^\]]*\]\([^)]*\)$/.test(line) ? [] : [{ line, number: index + 1 }]
  })
}

describe('the pages for contributors', () => {
  const pages = ['CONTRIBUTING.md', 'docs/architecture.md', ...globSync('docs/contributing/*.md', { cwd: root })]
  const folders = [
    '',
    'packages/nexusfs/src',
    'packages/nexusfs/src/fs',
    'packages/bench/src',
    'packages/cli/src',
    'packages/conformance/src',
  ]

  it('name files that are there', () => {
    const named = pages.flatMap((page) => {
      const paths = [...readDocument(page).matchAll(/`([\w./-]+\/(?:[\w.-]+\.(?:ts|md|json|mjs))?)`/g)].map(
        ([, path = '']) => path,
      )
      return paths.map((path) => ({ page, path }))
    })
    assert.ok(named.length >= 60, `only ${named.length} paths were seen`)
    const missing = named.filter(({ page, path }) => !isThere(path, page) && !examples.includes(path))
    assert.deepEqual(missing, [])
  })

  it('name no file that is nowhere', () => {
    const files = globSync(['packages/*/src/**/*.ts', 'tests/**/*.ts', 'scripts/*.ts'], { cwd: root })
    const names = new Set([...files, ...examples].map((file) => basename(file)))
    const missing = pages.flatMap((page) =>
      [...readDocument(page).matchAll(/`([\w.-]+\.ts)`/g)]
        .filter(([, name = '']) => !names.has(name))
        .map(([, name]) => `${page}: ${name}`),
    )
    assert.deepEqual(missing, [])
  })

  /** From the root, from the sources of a package, or from a folder that the page is about. */
  function isThere(path: string, page: string): boolean {
    return [...folders, dirname(page)].some((folder) => existsSync(join(root, folder, path)))
  }
})

/** What a reader of the pages adds, or makes. */
const examples = [
  'operations/clear.test.ts',
  'packages/nexusfs/src/fs/operations/clear.ts',
  'packages/cli/src/commands/clear.ts',
  '.nexus-tests/',
]
