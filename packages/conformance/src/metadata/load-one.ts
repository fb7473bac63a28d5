import type { MetadataEntry, MetadataStore } from 'nexusfs'
import { toRevision } from 'nexusfs/adapter-kit'
import { type Bytes, bytesOf, key } from './fixtures.ts'

/** Raises the counter of an empty store: loads one entry, of the group `loaded`, with that revision. */
export async function loadOne(port: MetadataStore, revision: number): Promise<void> {
  await port.load(streamOf([entry('one', '', revision, 'loaded')]))
}

export function entry(item: Bytes, value: Bytes, revision: number, group: Bytes = 'g'): MetadataEntry {
  return { key: key(item, group), value: bytesOf(value), revision: toRevision(revision) }
}

export async function* streamOf<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items
}

export async function listOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}
