import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import ts from 'typescript'

/** What the code of one file starts. */
export interface StartedPrograms {
  /** By name, without a folder. */
  readonly programs: ReadonlySet<string>
  /** Expressions that do not show which program they name. */
  readonly unclear: ReadonlySet<string>
}

const starters = ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'exec', 'execSync']

/** Looks through a file for calls that start a program: those of `node:child_process`, and those of functions that pass one on. */
export function startedPrograms(file: string, text: string = readFileSync(file, 'utf8')): StartedPrograms {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found = { programs: new Set<string>(), unclear: new Set<string>() }
  const names = new Set<string>()
  for (let before = -1; before !== names.size; ) {
    before = names.size
    visit(source, (node) => collectNames(node, names))
    visit(source, (node) => collectCall(node, names, found))
  }
  return found
}

/** Imports of the functions that start programs, and functions made of them: `const run = promisify(execFile)`. */
function collectNames(node: ts.Node, names: Set<string>): void {
  if (ts.isImportDeclaration(node) && textOf(node.moduleSpecifier) === 'node:child_process') {
    const bindings = node.importClause?.namedBindings
    if (bindings === undefined || !ts.isNamedImports(bindings)) return
    for (const { name, propertyName } of bindings.elements) {
      const imported = (propertyName ?? name).text
      if (starters.includes(imported)) names.add(name.text)
      if (imported === 'fork') names.add(`${name.text} of node`)
    }
  }
  if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name) || node.initializer === undefined) return
  const made = node.initializer
  if (!ts.isCallExpression(made) || made.expression.getText() !== 'promisify') return
  const [argument] = made.arguments
  if (argument !== undefined && names.has(argument.getText())) names.add(node.name.text)
}

function collectCall(node: ts.Node, names: Set<string>, found: { programs: Set<string>; unclear: Set<string> }): void {
  if (!ts.isCallExpression(node)) return
  const callee = node.expression.getText()
  if (callee === 'findProgram') addLiteral(node.arguments[0], found.programs)
  if (names.has(`${callee} of node`)) found.programs.add('node')
  const [program] = node.arguments
  if (!names.has(callee) || program === undefined) return
  const literal = literalProgram(program)
  const wrapper = ts.isIdentifier(program) ? functionWithParameter(node, program.text) : undefined
  if (literal !== undefined) found.programs.add(literal)
  else if (wrapper !== undefined) names.add(wrapper)
  else found.unclear.add(program.getText())
}

function literalProgram(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return basename(node.text)
  if (node.getText() === 'process.execPath') return 'node'
  // `join(folder, 'initdb')`, `bin('tsc')`
  const last = ts.isCallExpression(node) ? node.arguments.at(-1) : undefined
  return last !== undefined && ts.isStringLiteralLike(last) ? basename(last.text) : undefined
}

/** The name of the function around a call whose first parameter is passed on. */
function functionWithParameter(call: ts.Node, parameter: string): string | undefined {
  for (let node: ts.Node | undefined = call.parent; node !== undefined; node = node.parent) {
    if (!ts.isFunctionDeclaration(node) && !ts.isArrowFunction(node)) continue
    if (node.parameters[0]?.name.getText() !== parameter) continue
    if (ts.isFunctionDeclaration(node)) return node.name?.text
    return ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : undefined
  }
  return undefined
}

function addLiteral(node: ts.Expression | undefined, programs: Set<string>): void {
  if (node !== undefined && ts.isStringLiteralLike(node)) programs.add(node.text)
}

function textOf(node: ts.Expression): string {
  return ts.isStringLiteralLike(node) ? node.text : ''
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node)
  ts.forEachChild(node, (child) => visit(child, look))
}
