// Guards: packages/nexusfs/src/index.ts, packages/bench/src/index.ts, packages/conformance/src/index.ts

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, it } from 'vitest'

// Guards the package entries: whoever can call a public function can also name the types of what it takes and gives.

/** The entries of a package, as sources. */
async function entriesOf(folder: string): Promise<readonly string[]> {
  const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly 'nexus-source'?: string }>>
  }
  return Object.values(exports).flatMap((entry) =>
    entry['nexus-source'] === undefined ? [] : [join(folder, entry['nexus-source'])],
  )
}

/** Types of the package that a public declaration names, and that no entry exports: `Type, in Declaration`. */
function unnameable(folder: string, entries: readonly string[]): readonly string[] {
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
    customConditions: ['nexus-source'],
    allowImportingTsExtensions: true,
    noEmit: true,
    types: ['node'],
  })
  const checker = program.getTypeChecker()
  const resolved = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const symbols = entries.flatMap((entry) => {
    const file = program.getSourceFile(entry)
    const module = file && checker.getSymbolAtLocation(file)
    assert.ok(module, `${entry} exports nothing`)
    return checker.getExportsOfModule(module).map(resolved)
  })
  const exported = new Set(symbols)
  const isOurs = (declaration: ts.Declaration | undefined): boolean =>
    declaration?.getSourceFile().fileName.startsWith(`${folder}/`) === true
  const found = new Set<string>()
  const look = (node: ts.Node, within: string): void => {
    if (ts.isBlock(node) || isPrivate(node)) return
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : undefined
    const symbol = name && checker.getSymbolAtLocation(name)
    const type = symbol && resolved(symbol)
    if (type && !(type.flags & ts.SymbolFlags.TypeParameter) && isOurs(type.declarations?.[0]) && !exported.has(type)) {
      found.add(`${type.name}, in ${within}`)
    }
    ts.forEachChild(node, (child) => look(child, within))
  }
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) if (isOurs(declaration)) look(signatureOf(declaration), symbol.name)
  }
  return [...found].sort()
}

/** The type of a constant; what it is made of is nobody's business. */
function signatureOf(declaration: ts.Declaration): ts.Node {
  return ts.isVariableDeclaration(declaration) ? (declaration.type ?? declaration.name) : declaration
}

function isPrivate(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false
  if (node.name !== undefined && ts.isPrivateIdentifier(node.name)) return true
  return ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true
}

describe('the public types', () => {
  it.each(['nexusfs', 'bench', 'conformance'])('of %s can all be named', { timeout: 60_000 }, async (name) => {
    const folder = join(process.cwd(), 'packages', name)
    const entries = await entriesOf(folder)
    assert.ok(entries.length > 0)
    assert.deepEqual(unnameable(folder, entries), [])
  })

  it('are told if one cannot be named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nexus-public-types-'))
    const entry = join(folder, 'entry.ts')
    await writeFile(
      entry,
      'interface Hidden { a: 1 }\nexport interface Shown { hidden: Hidden }\nexport function f(): Shown { const h: Hidden = { a: 1 }; return { hidden: h } }\n',
    )
    assert.deepEqual(unnameable(folder, [entry]), ['Hidden, in Shown'])
    await rm(folder, { recursive: true })
  })
})
