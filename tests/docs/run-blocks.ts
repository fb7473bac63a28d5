import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { placeOf } from './documents.ts'
import type { FencedBlock } from './markdown.ts'
import type { SnippetFolder } from './snippet-folder.ts'

/** What one block printed on standard output. */
export interface BlockOutput {
  readonly block: FencedBlock
  readonly text: string
}

const timeoutMs = 60_000

/** Such a module prints when it is over: the next one needs another process. */
const goesOnAfterwards = /from 'node:test'/

/** Stands in the output in front of what a block prints. */
const separator = '\u001e'

/**
 * Runs blocks one after the other as a reader would: all in one folder and one shell, modules that follow each other in one process.
 * @throws {Error} naming the first block that fails, with what it said
 */
export async function runBlocks(blocks: readonly FencedBlock[], folder: SnippetFolder): Promise<readonly BlockOutput[]> {
  const script: string[] = ['set -eo pipefail']
  let modules: string[] = []
  const flush = (): void => {
    if (modules.length > 0) script.push(`node .run-modules.mjs ${modules.join(' ')}`)
    modules = []
  }
  for (const [index, block] of blocks.entries()) {
    if (block.language === 'sh') {
      flush()
      script.push(`printf '${separator}%s\\n' ${index}`, block.text)
      continue
    }
    const file = block.file ?? `.block-${index}.${block.language}`
    await writeFile(join(folder.path, file), block.text)
    modules.push(String(index), file)
    if (goesOnAfterwards.test(block.text)) flush()
  }
  flush()
  await writeFile(join(folder.path, '.run-modules.mjs'), runModules)
  await writeFile(join(folder.path, '.run.sh'), script.join('\n'))
  const { output, problem } = await runBash(folder)
  const outputs = splitOutput(output, blocks)
  if (problem === undefined) return outputs
  const last = outputs.at(-1)
  throw new Error(`${last === undefined ? 'the first block' : placeOf(last.block)} failed: ${problem}\n${last?.text ?? ''}`)
}

const runModules = `const [, , ...words] = process.argv
for (let at = 0; at < words.length; at += 2) {
  process.stdout.write('\\u001e' + words[at] + '\\n')
  await import('./' + words[at + 1])
}
`

async function runBash({ path, env }: SnippetFolder): Promise<{ readonly output: string; readonly problem: string | undefined }> {
  const child = spawn('bash', ['.run.sh'], { cwd: path, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text
  })
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), timeoutMs)
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve(status ?? signal ?? 'no status'))
  })
  clearTimeout(timer)
  return { output: printed.stdout, problem: code === 0 ? undefined : `exit ${code}\n${printed.stderr}` }
}

function splitOutput(output: string, blocks: readonly FencedBlock[]): readonly BlockOutput[] {
  const [, ...parts] = output.split(separator)
  return parts.flatMap((part) => {
    const end = part.indexOf('\n')
    const block = blocks[Number(part.slice(0, end))]
    return block === undefined ? [] : [{ block, text: part.slice(end + 1) }]
  })
}
