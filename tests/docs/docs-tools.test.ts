// Guards: tests/docs/*.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { commandsOf, elsewhere } from './elsewhere.ts'
import { fencedBlocks, headingAnchors, linkTargets } from './markdown.ts'
import { matchesShown } from './matches-shown.ts'
import { runBlocks } from './run-blocks.ts'
import { makeSnippetFolder } from './snippet-folder.ts'

const blocks = (text: string) => fencedBlocks('x.md', text)

describe('reading a document', () => {
  it('finds blocks with language, file, line and marker', () => {
    const [first, second] = blocks('a\n```ts a.ts\nb\n```\n<!-- prints -->\n```text\nc\n\nd\n```\n')
    assert.deepEqual(first, { document: 'x.md', line: 2, language: 'ts', file: 'a.ts', text: 'b', marker: undefined })
    assert.deepEqual(second, { document: 'x.md', line: 6, language: 'text', file: undefined, text: 'c\n\nd', marker: 'prints' })
  })

  it('moves a block of a list to the left margin', () => {
    assert.equal(blocks('- a\n\n  ```text\n  b\n    c\n  ```\n')[0]?.text, 'b\n  c')
  })

  it('gives the language of a bare fence as empty, and refuses an open one', () => {
    assert.equal(blocks('```\na\n```\n')[0]?.language, '')
    assert.throws(() => blocks('```sh\na\n'), /x\.md:1: the fence is not closed/)
  })

  it('finds links in prose, not in code', () => {
    assert.deepEqual(linkTargets('[a](b.md) `[c](d)`\n```text\n[e](f)\n```\n[g](#h)\n'), ['b.md', '#h'])
  })

  it('makes anchors of headings', () => {
    assert.deepEqual(headingAnchors('# The two ports\n## `read`, and more\n'), ['the-two-ports', 'read-and-more'])
  })
})

describe('running blocks', () => {
  it('runs them in one folder and one shell, and gives what each printed', async () => {
    await using folder = await makeSnippetFolder()
    const outputs = await runBlocks(
      blocks(
        '```sh\necho one > a\nhere=$PWD\n```\n```ts\nconst two: number = 2\nconsole.log(two)\n```\n```sh\ncat a\ncd "$here"\n```\n',
      ),
      folder,
    )
    assert.deepEqual(
      outputs.map(({ text }) => text),
      ['', '2\n', 'one\n'],
    )
  })

  it('names the block that fails, in either language', async () => {
    await using folder = await makeSnippetFolder()
    await assert.rejects(runBlocks(blocks('```sh\ntrue\n```\n```sh\nfalse\ntrue\n```\n'), folder), /x\.md:4 failed: exit 1/)
    const modules = '```ts\nexport {}\n```\n```ts\nthrow new Error("broken")\n```\n```ts\nexport {}\n```\n'
    await assert.rejects(runBlocks(blocks(modules), folder), /x\.md:4 failed: exit 1[\s\S]*broken/)
  })
})

describe('comparing what is printed with what is shown', () => {
  it('takes ... for any text in a line, and a line of it for any lines', () => {
    assert.ok(matchesShown('a 12 ms\nb\nc\n', 'a ... ms\n...\nc'))
    assert.ok(matchesShown('a  b \n', 'a b'))
    assert.ok(!matchesShown('a\nb\n', 'a'))
    assert.ok(!matchesShown('a\nb\n', 'a...b'))
    assert.ok(!matchesShown('axb', 'a.b'))
  })
})

describe('blocks that run elsewhere', () => {
  const check = (place: string, text: string) => {
    const [block] = blocks(`\`\`\`sh\n${text}\n\`\`\`\n`)
    if (block !== undefined) elsewhere[place]?.(block)
  }

  it('are split into words as bash does', () => {
    assert.deepEqual(commandsOf('npm ci && npm test # both\n# none\nnexus bench run -k "a and b"'), [
      ['npm', 'ci'],
      ['npm', 'test'],
      ['nexus', 'bench', 'run', '-k', 'a and b'],
    ])
  })

  it('are refused if npm has no such script', () => {
    check('npm', 'npm ci && npm run bench')
    assert.throws(() => check('npm', 'npm run nothing'), /npm run nothing/)
    assert.throws(() => check('npm', 'rm -r x'), /rm -r x/)
  })

  it('are refused if the suite does not understand them', () => {
    check('a long benchmark', 'nexus bench run throughput/write --budget 30s')
    assert.throws(() => check('a long benchmark', 'nexus bench run throughput/nothing'), /no workload/)
    assert.throws(() => check('a long benchmark', 'nexus bench run --bugdet 3s'), /bugdet/)
    assert.throws(() => check('a long benchmark', 'nexus bench lsit'), /lsit/)
  })
})
