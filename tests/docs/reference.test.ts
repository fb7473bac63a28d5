// Guards: docs/*.md, docs/guide/api.md, docs/guide/adapter-kit.md, scripts/*.ts, packages/nexusfs/src/index.ts

import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { NexusFS } from 'nexusfs'
import * as kit from 'nexusfs/adapter-kit'
import { describe, it } from 'vitest'
import { cliDocument } from '../../scripts/generate-cli-doc.ts'
import { errorsDocument } from '../../scripts/generate-errors-doc.ts'
import { lawsDocument } from '../../scripts/generate-laws-doc.ts'
import { operationsTable, withOperations } from '../../scripts/update-api-doc.ts'
import { readDocument, root } from './documents.ts'
import { compileDocuments } from './library-program.ts'

/** Words that follow the name of the program without being a command of it. */
const notCommands = ['migration']

describe('what is said of the library', () => {
  it('lists the error codes as the generator does (npm run docs:errors)', () => {
    assert.equal(readDocument('docs/errors.md'), errorsDocument())
  })

  it('lists the laws of both ports as the kit has them (npm run docs:laws)', () => {
    assert.equal(readDocument('docs/laws.md'), lawsDocument())
  })

  it('describes the commands as the generator does (npm run docs:cli)', async () => {
    assert.equal(readDocument('docs/cli.md'), await cliDocument())
  })

  it('lists the operations and their options as the table of operations does (npm run docs:api)', () => {
    const guide = readDocument('docs/guide/api.md')
    assert.equal(guide, withOperations(guide))
    assert.ok(guide.includes(operationsTable()))
  })

  it('names every member of the kit for adapters on its page', () => {
    const page = readDocument('docs/guide/adapter-kit.md')
    const members = Object.keys(kit)
    assert.ok(members.length >= 40, `only ${members.length} members were seen`)
    assert.deepEqual(
      members.filter((name) => !page.includes(`\`${name}\``)),
      [],
    )
  })

  it('has a word in the guide for every public method', () => {
    const guide = readDocument('docs/guide/api.md')
    const methods = Object.getOwnPropertyNames(NexusFS.prototype).filter((name) => name !== 'constructor')
    assert.ok(methods.length >= 24, `only ${methods.length} methods were seen`)
    assert.deepEqual(
      [...methods, 'info', 'openNexus', 'NexusFS.open'].filter(
        (name) => !guide.includes(`\`${name}\``) && !guide.includes(`\`${name}()\``),
      ),
      [],
    )
  })

  it('lists the entries of the library', () => {
    const { exports } = JSON.parse(readDocument('packages/nexusfs/package.json')) as { exports: Record<string, unknown> }
    const entries = Object.keys(exports).map((entry) => `\`nexusfs${entry.slice(1)}\``)
    assert.ok(entries.length >= 8, `only ${entries.length} entries were seen`)
    const readme = readDocument('packages/nexusfs/README.md')
    assert.deepEqual(
      entries.filter((entry) => !readme.includes(entry)),
      [],
    )
  })

  it('has a line in the decisions for every dependency', () => {
    const record = readDocument('docs/decisions/dependencies.md')
    const names = globSync(['package.json', '{packages/*,services}/package.json'], { cwd: root }).flatMap(dependenciesOf)
    assert.ok(names.length >= 15, `only ${names.length} dependencies were seen`)
    assert.deepEqual(
      names.filter((name) => !record.includes(`\`${name}\``)),
      [],
    )
  })

  it('names no command that the command line does not have', () => {
    const program = readDocument('packages/cli/src/program.ts')
    const declared = [...program.matchAll(/^ {2}([a-z]+): \{|alias: '([a-z]+)'/gm)].map(([, name, alias]) => name ?? alias)
    const commands = [...declared, 'help']
    assert.ok(commands.length >= 18, `only ${commands.length} commands were seen`)
    const files = globSync(['packages/*/src/**/*.ts', '*.md', 'docs/**/*.md', 'packages/**/README.md'], {
      cwd: root,
      exclude: ['**/node_modules/**'],
    })
    const named = files.flatMap((file) =>
      [...readDocument(file).matchAll(/\\?`nexus ([a-z]+)/g)].map(([, name = '']) => ({ file, name })),
    )
    assert.ok(named.length >= 20, `only ${named.length} mentions were seen`)
    assert.deepEqual(
      named.filter(({ name }) => !commands.includes(name) && !notCommands.includes(name)),
      [],
    )
  })

  it('compiles, and every name that nexusfs exports has a docstring', () => {
    const { exports, problems, blocks } = compileDocuments()
    assert.deepEqual(problems, [])
    assert.ok(blocks >= 20, `only ${blocks} modules were seen`)
    assert.ok(exports.length >= 50, `only ${exports.length} names were seen`)
    assert.deepEqual(
      exports.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name),
      [],
    )
  })
})

function dependenciesOf(file: string): readonly string[] {
  const manifest = JSON.parse(readDocument(file)) as Record<string, Record<string, string> | undefined>
  const kinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']
  return kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})).filter((name) => !/^(@nexusfs\/|nexusfs$)/.test(name))
}
