import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NexusError } from '../core/errors.ts'
import type { Environment } from '../engine-kit/registration.ts'
import type { NexusConfig } from './config.ts'
import { foldersUp, refuseForeign } from './search-up.ts'

/** A validated config and where it was found. */
export interface LoadedConfig {
  readonly config: NexusConfig
  readonly file: string
  /** Where its relative paths begin. */
  readonly folder: string
}

const fileNames = ['nexus.config.ts', 'nexus.config.mjs', 'nexus.config.json'] as const
/** What one might write instead; a file that is passed over in silence would be looked at for long. */
const otherNames = ['nexus.config.js', 'nexus.config.cjs', 'nexus.config.mts', 'nexus.config.cts'] as const

/**
 * The nearest config in `cwd` or a folder above it (`foldersUp`); `undefined` if there is none. A config is code that runs with the
 * rights of this process, so one of another user is refused.
 * @throws {NexusError} InvalidConfig if it cannot be loaded or is not valid
 */
export async function loadConfig(cwd: string, env: Environment = process.env): Promise<LoadedConfig | undefined> {
  const file = await findConfig(cwd, env)
  if (file === undefined) return undefined
  await refuseForeign(file, 'go without configs (--no-config)', env)
  const value = file.endsWith('.json') ? await readJson(file) : await importDefault(file)
  return { config: await validConfig(value, file), file, folder: dirname(file) }
}

async function findConfig(cwd: string, env: Environment): Promise<string | undefined> {
  const perFolder = await Promise.all((await foldersUp(cwd, env)).map(configsIn))
  const found = perFolder.find((files) => files.length > 0) ?? []
  if (found.length > 1) {
    throw new NexusError('InvalidConfig', `${found.join(' and ')}: two configs stand side by side`, {
      advice: 'keep one of them',
    })
  }
  const [file] = found
  if (file !== undefined && otherNames.some((name) => file.endsWith(name))) {
    const advice = 'call it nexus.config.mjs, nexus.config.ts or nexus.config.json'
    throw new NexusError('InvalidConfig', `${file}: a config of this ending is not loaded`, {
      advice,
      context: { file },
    })
  }
  return file
}

async function configsIn(folder: string): Promise<readonly string[]> {
  const files = [...fileNames, ...otherNames].map((name) => join(folder, name))
  const present = await Promise.all(files.map(isFile))
  return files.filter((_, index) => present[index])
}

async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isFile() ?? false
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw cannotLoad(file, cause)
  })
  try {
    return JSON.parse(text)
  } catch {
    const { jsonFault, locationInText } = await import('./json-fault.ts')
    const position = jsonFault(text)
    throw cannotParse(file, `it is not valid JSON, ${locationInText(text, position ?? text.length)}`)
  }
}

async function importDefault(file: string): Promise<unknown> {
  try {
    const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href)
    if ('default' in module) return module.default
  } catch (cause) {
    throw cannotLoad(file, cause)
  }
  throw new NexusError('InvalidConfig', `${file}: it exports no config`, {
    advice: 'write "export default defineConfig({ ... })"',
  })
}

/** Most processes find no config: they do not load what checks one. */
async function validConfig(value: unknown, file: string): Promise<NexusConfig> {
  const { validateConfig } = await import('./validate-config.ts')
  return validateConfig(value, file)
}

/** The error of a config whose code cannot be run, or ended in one. */
function cannotLoad(file: string, cause: unknown): NexusError {
  if (cause instanceof SyntaxError) return cannotParse(file, syntaxProblem(file, cause))
  const [problem] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
  return new NexusError('InvalidConfig', `${file}: it cannot be loaded: ${problem}`, { context: { file }, cause })
}

/** A parser's message quotes the text, which may hold a password: neither it nor the error goes further, only the line. */
function cannotParse(file: string, problem: string): NexusError {
  return new NexusError('InvalidConfig', `${file}: it cannot be loaded: ${problem}`, { context: { file } })
}

function syntaxProblem(file: string, { stack = '', ...cause }: SyntaxError): string {
  const thrownAt = stack.split('\n').find((line) => /^ +at .*file:/.test(line) && line.includes(basename(file)))
  if (thrownAt !== undefined) return `it ends in a SyntaxError, line ${/:(\d+):\d+\)?$/.exec(thrownAt)?.[1] ?? 'unknown'}`
  const line = /^\S.*:(\d+)\n/.exec(stack)?.[1]
  const inLine = line === undefined ? '' : `, line ${line}`
  if ('code' in cause && cause.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `Node only takes types away, and this is more, such as an enum${inLine}; write it as JavaScript`
  }
  if (!file.endsWith('.ts')) return `it is not valid JavaScript${inLine}; \`node --check\` shows where`
  const advice = stack.includes('cjs/loader') ? '; if package.json says "type": "commonjs", rename it to nexus.config.mjs' : ''
  return `it is not valid TypeScript${inLine}${advice}`
}
