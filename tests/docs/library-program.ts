import ts from 'typescript'
import { blocksOf, documentsWithBlocks, placeOf, root } from './documents.ts'

/** What the compiler knows of the library and of the modules in the documents. */
export interface LibraryProgram {
  /** Names that `nexusfs` exports, each with whether it has a docstring. */
  readonly exports: readonly { readonly name: string; readonly isDocumented: boolean }[]
  /** Mistakes in the modules that documents show: `docs/guide/api.md:12: ...`. */
  readonly problems: readonly string[]
  readonly blocks: number
}

/** Compiles the modules of all documents as if they stood in the root of the repository. */
export function compileDocuments(): LibraryProgram {
  const blocks = documentsWithBlocks()
    .flatMap(blocksOf)
    // What is followed from an empty folder is compiled there, beside the engine that it imports.
    .filter(({ language, marker }) => language === 'ts' && marker !== 'runs in: tests/examples')
  const files = new Map(blocks.map((block, index) => [`${root}/.document-block-${index}.ts`, block]))
  const index = `${root}/packages/nexusfs/src/index.ts`
  const options = readOptions()
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  // An export makes each block a module, whatever it holds.
  host.readFile = (name) => (files.has(name) ? `${files.get(name)?.text}\nexport {}\n` : readFile(name))
  const program = ts.createProgram([index, ...files.keys()], options, host)
  const problems = [...files].flatMap(([name, block]) => {
    const source = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${placeOf(block)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    )
  })
  return { exports: exportsOf(program, index), problems, blocks: blocks.length }
}

function readOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}/tsconfig.test.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['vitest.config.ts'] }, ts.sys, root)
  // An example may end with what it shows.
  return { ...options, noUnusedLocals: false }
}

function exportsOf(program: ts.Program, file: string): LibraryProgram['exports'] {
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  const symbols = module ? checker.getExportsOfModule(module) : []
  return symbols.map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return { name: symbol.name, isDocumented: target.getDocumentationComment(checker).length > 0 }
  })
}
