// Guards: *.md, docs/**/*.md, packages/**/README.md

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { blocksOf, documentsWithBlocks, placeOf } from './documents.ts'
import { elsewhere, placeElsewhere } from './elsewhere.ts'
import type { FencedBlock } from './markdown.ts'
import { matchesShown } from './matches-shown.ts'
import { type BlockOutput, runBlocks } from './run-blocks.ts'
import { makeSnippetFolder } from './snippet-folder.ts'

const languages = { run: ['ts', 'js', 'sh'], shown: ['text', 'console'] }

/** Fewer blocks than this mean that the parser is blind, or that documents went missing. */
const leastBlocksRun = 24

const counts = { run: 0, shown: 0, elsewhere: 0 }
let cache = ''

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'nexus-docs-cache-'))
})
afterAll(() => rm(cache, { recursive: true, force: true }))

describe('the blocks of every document', () => {
  for (const document of documentsWithBlocks()) {
    const blocks = blocksOf(document)
    if (blocks.length === 0) continue
    it(`${document}: say what they are, and run, in order, in one folder`, async () => {
      for (const block of blocks) checkKind(block)
      const mine = blocks.filter((block) => languages.run.includes(block.language) && placeElsewhere(block) === undefined)
      if (mine.length === 0) return
      await using folder = await makeSnippetFolder({ NODE_COMPILE_CACHE: cache })
      const outputs = await runBlocks(mine, folder)
      assert.deepEqual(
        outputs.map(({ block }) => placeOf(block)),
        mine.map(placeOf),
      )
      checkOutputs(blocks, outputs)
      counts.run += mine.length
    })
  }

  it('are not fewer than they were', () => {
    console.log(`docs: ${counts.run} blocks ran here, ${counts.elsewhere} run elsewhere, ${counts.shown} show text`)
    assert.ok(counts.run >= leastBlocksRun, `only ${counts.run} blocks ran`)
  })
})

/** A block is run here, or says where it runs, or only shows text; there is no fourth kind. */
function checkKind(block: FencedBlock): void {
  const place = placeElsewhere(block)
  if (place !== undefined) {
    const check = Object.hasOwn(elsewhere, place) ? elsewhere[place] : undefined
    assert.ok(check, `${placeOf(block)}: no blocks run in "${place}"; known: ${Object.keys(elsewhere).join(', ')}`)
    check(block)
    counts.elsewhere++
  } else if (languages.shown.includes(block.language)) {
    counts.shown++
  } else {
    assert.ok(languages.run.includes(block.language), `${placeOf(block)}: nobody runs blocks of "${block.language}"`)
  }
}

/** A block of text below `<!-- prints -->` is what the block before it prints; of one that runs elsewhere, that is checked there. */
function checkOutputs(blocks: readonly FencedBlock[], outputs: readonly BlockOutput[]): void {
  for (const [index, shown] of blocks.entries()) {
    const before = blocks[index - 1]
    if (shown.marker !== 'prints' || (before !== undefined && placeElsewhere(before) !== undefined)) continue
    const printed = outputs.find(({ block }) => block === before)
    assert.ok(printed, `${placeOf(shown)}: no block before it was run`)
    assert.ok(matchesShown(printed.text, shown.text), `${placeOf(shown)}: what is shown is not what is printed:\n${printed.text}`)
  }
}
