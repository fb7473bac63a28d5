import { writeFileSync } from 'node:fs'
import { type ConformancePort, type Law, type LawTopic, metadataTopics, storageTopics } from '@nexusfs/conformance'

/** Writes `docs/laws.md` from the laws of the conformance kit. A test compares the two. */

const head = `# Laws

Generated from the laws of \`@nexusfs/conformance\` by \`npm run docs:laws\`.

What a storage backend and a metadata store promise, as the conformance kit checks it. Under each topic stand the sentences of the port, and
under a sentence the laws that check it: the id, which never changes and which \`nexus conformance NAME --law ID\` takes, the member of the port
that the law is about, and what holds where it is kept. A law that needs something is skipped where that is missing.
`

/** A sentence of the port, and the laws that check it. */
interface Promised<Port extends ConformancePort> {
  readonly sentence: string
  readonly laws: readonly Law<Port>[]
}

export function lawsDocument(): string {
  return [head, portSection('StorageBackend', storageTopics), portSection('MetadataStore', metadataTopics)].join('\n')
}

function portSection<Port extends ConformancePort>(port: string, topics: readonly LawTopic<Port>[]): string {
  const count = topics.reduce((sum, { laws }) => sum + laws.length, 0)
  return `## ${port}\n\n${count} laws.\n\n${topics.map(topicSection).join('\n')}`
}

function topicSection<Port extends ConformancePort>({ title, laws }: LawTopic<Port>): string {
  return `### ${title}\n\n${promisesOf(laws).map(promiseText).join('')}`
}

/** In the order of the laws. */
function promisesOf<Port extends ConformancePort>(laws: readonly Law<Port>[]): readonly Promised<Port>[] {
  const bySentence = Map.groupBy(laws, ({ sentence }) => sentence)
  return [...bySentence].map(([sentence, checking]) => ({ sentence, laws: checking }))
}

function promiseText<Port extends ConformancePort>({ sentence, laws }: Promised<Port>): string {
  return `- ${escaped(sentence)}\n${laws.map(lawText).join('')}`
}

function lawText<Port extends ConformancePort>({ id, member, title, requires }: Law<Port>): string {
  const needs = requires === undefined ? '' : ` (needs: ${escaped(requires.description)})`
  return `  - \`${id}\` (\`${member}\`): ${escaped(title)}${needs}\n`
}

/** What is code already stays as it is. */
function escaped(text: string): string {
  const parts = text.split(/(`[^`]*`)/)
  return parts.map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[*<]/g, '\\$&'))).join('')
}

if (import.meta.main) writeFileSync(new URL('../docs/laws.md', import.meta.url), lawsDocument())
