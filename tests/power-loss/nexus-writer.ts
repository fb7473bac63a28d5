import { createHash, randomBytes } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { openNexus } from '../../packages/nexusfs/src/index.ts'

// Writes, batches, moves and removes for ever, several agents at a time; acknowledges each as one line of JSON.

const [root = '', acknowledgements = ''] = process.argv.slice(2)
const output = openSync(acknowledgements, 'a')
const nexus = await openNexus(root, { config: false, env: {}, author: 'writer', durability: 'disk' })

/** In the head, in the metadata store, one blob, a staged blob. */
const sizes = [60, 5_000, 150_000, 1_200_000] as const

function acknowledge(what: Readonly<Record<string, unknown>>): void {
  writeSync(output, `${JSON.stringify(what)}\n`)
}

function someBytes(round: number): Uint8Array {
  return randomBytes(sizes[round % sizes.length] ?? 1)
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

async function write(agent: string, round: number): Promise<void> {
  const path = `${agent}/kept/file-${round % 7}`
  const bytes = someBytes(round)
  const { version } = await nexus.write(path, bytes)
  acknowledge({ kind: 'written', path, version, digest: digestOf(bytes) })
}

async function writeBatch(agent: string, round: number): Promise<void> {
  const files = ['a', 'b', 'c'].map((name, index) => ({
    path: `${agent}/batch/${round}/${name}`,
    content: someBytes(round + index),
  }))
  await nexus.writeBatch(files)
  for (const { path, content } of files) acknowledge({ kind: 'written', path, version: 1, digest: digestOf(content) })
}

async function move(agent: string, round: number): Promise<void> {
  const [from, to] = [`${agent}/draft-${round}`, `${agent}/final/${round}`]
  const bytes = someBytes(round)
  await nexus.write(from, bytes)
  await nexus.move(from, to)
  acknowledge({ kind: 'gone', path: from })
  acknowledge({ kind: 'written', path: to, version: 1, digest: digestOf(bytes) })
}

async function remove(agent: string, round: number): Promise<void> {
  const path = `${agent}/passing-${round}`
  await nexus.write(path, someBytes(round))
  await nexus.remove(path)
  acknowledge({ kind: 'gone', path })
}

const acts = [write, writeBatch, write, move, write, remove]

async function workForEver(agent: string): Promise<void> {
  for (let round = 0; ; round++) await acts[round % acts.length]?.(agent, round)
}

await Promise.all(['/one', '/two', '/three'].map(workForEver))
