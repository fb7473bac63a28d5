import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, it } from 'vitest'
import { metadataLaws, metadataMutants } from './metadata/index.ts'
import { sentences as metadataSentences } from './metadata/sentences.ts'
import { storageLaws, storageMutants } from './storage/index.ts'
import { sentences as storageSentences } from './storage/sentences.ts'

/** What both ports must have; the floors only ever rise. */
const ports = [
  {
    name: 'StorageBackend',
    source: '../../nexusfs/src/storage/storage-backend.ts',
    laws: storageLaws,
    mutants: storageMutants,
    sentences: Object.values(storageSentences),
    least: { laws: 124, mutants: 143, named: 25 },
  },
  {
    name: 'MetadataStore',
    source: '../../nexusfs/src/metadata/metadata-store.ts',
    laws: metadataLaws,
    mutants: metadataMutants,
    sentences: Object.values(metadataSentences),
    least: { laws: 176, mutants: 180, named: 19 },
  },
]

describe.each(ports)('the laws of $name', ({ name, source, laws, mutants, sentences, least }) => {
  const ids = laws.map(({ id }) => id)
  const broken = new Set(mutants.map(({ breaks }) => breaks))

  it('each have an id in kebab case, used once, a title and a mutant', () => {
    for (const { id, title } of laws) {
      assert.match(id, /^[a-z]+(-[a-z0-9]+)*$/)
      assert.ok(title !== '' && broken.has(id), id)
    }
    assert.equal(new Set(ids).size, ids.length)
    assert.equal(new Set(mutants.map(({ id }) => id)).size, mutants.length)
  })

  it('do not become fewer, nor do their mutants', () => {
    assert.ok(laws.length >= least.laws, `${laws.length} laws; there were ${least.laws}`)
    assert.ok(mutants.length >= least.mutants, `${mutants.length} mutants; there were ${least.mutants}`)
  })

  it('cite each sentence of the port, and no other', () => {
    assert.equal(new Set(sentences).size, sentences.length)
    assert.deepEqual(new Set<string>(laws.map(({ sentence }) => sentence)), new Set<string>(sentences))
  })

  it('include every law that a docstring of the port names, about the member that names it', () => {
    const named = lawsNamed(new URL(source, import.meta.url), name)
    assert.ok(named.length >= least.named, `only ${named.length} names were found`)
    const members = new Map<string, string>(laws.map(({ id, member }) => [id, member]))
    assert.deepEqual(
      named.filter(({ law, member }) => !members.has(law) || (member !== undefined && members.get(law) !== member)),
      [],
    )
  })
})

interface NamedLaw {
  readonly law: string
  /** The member of the port in whose docstring it stands; absent elsewhere in the file. */
  readonly member: string | undefined
}

/** Every "Law `put-durable`" and "laws `list-pages` and `list-large-pages`" of a file. */
function lawsNamed(file: URL, port: string): readonly NamedLaw[] {
  const source = ts.createSourceFile(file.pathname, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const named: NamedLaw[] = []
  const ofPort = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === port)
  ts.forEachChild(source, function look(node): void {
    const member = node.parent === ofPort && ts.isTypeElement(node) ? node.name?.getText() : undefined
    for (const { text } of ts
      .getJSDocCommentsAndTags(node)
      .filter(ts.isJSDoc)
      .map((comment) => ({ text: comment.getText() }))) {
      named.push(...namesIn(text).map((law) => ({ law, member })))
    }
    ts.forEachChild(node, look)
  })
  return named
}

function namesIn(text: string): readonly string[] {
  const namespaces = [...text.replaceAll(/\n\s*\*/g, '').matchAll(/\blaws? ((?:`[a-z0-9-]+`(?:, | and )?)+)/gi)]
  return namespaces.flatMap(([, names = '']) => [...names.matchAll(/`([a-z0-9-]+)`/g)].map(([, name = '']) => name))
}
