import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseKeywords } from '../../packages/bench/src/selection/keyword-expression.ts'
import { selectWorkloads } from '../../packages/bench/src/selection/plan-run.ts'
import { allWorkloads } from '../../packages/bench/src/workloads/catalogue.ts'
import { benchRequest } from '../../packages/cli/src/testing/bench-request.ts'
import { root } from './documents.ts'
import type { FencedBlock } from './markdown.ts'

/**
 * Blocks that `snippets.test.ts` does not run carry `<!-- runs in: PLACE -->`. Each place says here why, and looks at the block as far
 * as that is possible without running it.
 * @throws {Error} from the check of a place
 */
export const elsewhere: Readonly<Record<string, (block: FencedBlock) => void>> = {
  /** A newcomer's first lines, the gate and CI run them; here each must be a script that exists. */
  npm: ({ text }) => commandsOf(text).forEach(checkNpmCommand),
  /** Minutes of measuring; here each line must be one that the suite understands, and select something. */
  'a long benchmark': ({ text }) => commandsOf(text).forEach(checkBenchCommand),
  /** `snippets.ci.test.ts` runs them against a real server. */
  redis: requireLanguage('ts'),
  postgres: requireLanguage('ts'),
  s3: requireLanguage('ts'),
  gcs: requireLanguage('ts'),
  azure: requireLanguage('ts'),
  /** `follow-guides.ci.test.ts` follows the guides to adapters from an empty folder. */
  'tests/examples': ({ document }) => {
    if (!document.startsWith('docs/guide/add-a-')) throw new Error('only the guides to adapters are followed there')
  },
  /** The packaging test packs and installs. */
  'tests/packaging': requireLanguage('sh'),
}

/** The place in `<!-- runs in: PLACE -->`. */
export function placeElsewhere({ marker }: FencedBlock): string | undefined {
  return /^runs in: (.+)$/.exec(marker ?? '')?.[1]
}

/** The words of each command line of a shell block, as bash reads them. */
export function commandsOf(text: string): readonly (readonly string[])[] {
  const words = "words() { printf '%s\\0' \"$@\"; printf '\\1\\0'; }"
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
  const script = lines.flatMap((line) => line.split('&&')).map((line) => `words ${line}`)
  const output = execFileSync('bash', ['-c', [words, ...script].join('\n')], { encoding: 'utf8' })
  return output
    .split('\u0001\0')
    .slice(0, -1)
    .map((command) => command.split('\0').slice(0, -1))
}

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

function manifest(file: string): Manifest {
  return JSON.parse(readFileSync(`${root}/${file}`, 'utf8')) as Manifest
}

function checkNpmCommand(command: readonly string[]): void {
  const [program, verb = '', ...rest] = command
  const [name = ''] = rest.filter((word) => !word.startsWith('-'))
  const { scripts = {} } = manifest('package.json')
  const isRight =
    program === 'npm' &&
    ((verb === 'ci' && rest.length === 0) ||
      (verb === 'test' && 'test' in scripts) ||
      (verb === 'run' && Object.hasOwn(scripts, name)) ||
      (verb === 'install' && Object.hasOwn(manifest('packages/nexusfs/package.json').peerDependencies ?? {}, name)))
  if (!isRight) throw new Error(`"${command.join(' ')}" is not npm ci, npm test, a script of package.json or a peer to install`)
}

function checkBenchCommand([program, bench, verb, ...words]: readonly string[]): void {
  if (program !== 'nexus' || bench !== 'bench') throw new Error(`"${program} ${bench}" is no benchmark`)
  if (verb === 'list' && ['workloads', 'combos', 'env'].includes(words[0] ?? '')) return
  if (verb === 'report' && words.length > 0) return
  if (verb !== 'run') throw new Error(`nexus bench has no "${verb} ${words.join(' ')}"`)
  const { words: names = [], keywords } = benchRequest(words)
  for (const name of names) selectWorkloads(name, allWorkloads)
  if (keywords !== undefined) parseKeywords(keywords)
}

function requireLanguage(language: string): (block: FencedBlock) => void {
  return (block) => {
    if (block.language !== language) throw new Error(`a block of ${language} is expected, not of ${block.language}`)
  }
}
