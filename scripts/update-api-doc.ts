import { readFileSync, writeFileSync } from 'node:fs'
import { batchWriteFields, operations } from '../packages/nexusfs/src/fs/model/operations.ts'

/** Writes the table of operations into `docs/guide/api.md`. A test compares the two. */

const begin = '<!-- operations -->\n'
const end = '<!-- end of operations -->'

export function operationsTable(): string {
  const rows = Object.entries(operations).map(([name, operation]) => {
    return `| \`${name}(${operation.arguments})\` | ${code(Object.keys(operation.options))} |`
  })
  const items = `| each of \`writes\` | ${code(Object.keys(batchWriteFields))} |`
  const after = rows.findIndex((row) => row.includes('`writeBatch('))
  return ['| call | options |', '|---|---|', ...rows.toSpliced(after + 1, 0, items), ''].join('\n')
}

/** The document with the table as it is now between the two marks. */
export function withOperations(document: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/guide/api.md lacks ${begin.trim()} or ${end}`)
  return document.slice(0, from + begin.length) + operationsTable() + document.slice(to)
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

if (import.meta.main) {
  const file = new URL('../docs/guide/api.md', import.meta.url)
  writeFileSync(file, withOperations(readFileSync(file, 'utf8')))
}
