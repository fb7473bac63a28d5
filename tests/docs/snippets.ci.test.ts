// Guards: *.md, docs/**/*.md, packages/**/README.md

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { requireOrSkip, requireOwnOrSkip } from '../../services/require-or-skip.ts'
import { blocksOf, documentsWithBlocks } from './documents.ts'
import { placeElsewhere } from './elsewhere.ts'
import { runBlocks } from './run-blocks.ts'
import { makeSnippetFolder } from './snippet-folder.ts'

/** Addresses of servers as documents write them. */
const addresses: Readonly<Record<string, RegExp>> = {
  redis: /rediss?:\/\/[^'"\s]+/g,
  postgres: /postgres(?:ql)?:\/\/[^'"\s]+/g,
}

/** Buckets as documents write them; the address and the credentials come from the environment, as for a reader. */
const bucketName = /my-bucket/g
const bucketVariables: Readonly<Record<string, string>> = { s3: 'AWS_BUCKET', gcs: 'GCS_BUCKET', azure: 'AZURE_CONTAINER' }

describe('the blocks that need a bucket', () => {
  for (const [service, variable] of Object.entries(bucketVariables)) {
    const blocks = documentsWithBlocks()
      .flatMap(blocksOf)
      .filter((block) => placeElsewhere(block) === service)

    it(`run on a real one: ${blocks.length} on ${service}`, async (context) => {
      const server = await requireOrSkip(service)
      if (server === undefined) return context.skip(`${service} is not here`)
      await using folder = await makeSnippetFolder(server.env)
      const outputs = await runBlocks(
        blocks.map((block) => ({ ...block, text: block.text.replace(bucketName, server.env[variable] ?? '') })),
        folder,
      )
      assert.ok(outputs.length > 0)
    })
  }
})

describe('the blocks that need a server', () => {
  for (const [service, address] of Object.entries(addresses)) {
    const blocks = documentsWithBlocks()
      .flatMap(blocksOf)
      .filter((block) => placeElsewhere(block) === service)
    if (blocks.length === 0) continue
    it(`run on a real one: ${blocks.length} on ${service}`, async (context) => {
      const server = await requireOwnOrSkip(service)
      if (server === undefined) return context.skip(`${service} is not here`)
      try {
        await using folder = await makeSnippetFolder()
        await runBlocks(
          blocks.map((block) => ({ ...block, text: block.text.replace(address, server.url) })),
          folder,
        )
      } finally {
        await server.stop()
      }
    })
  }
})
