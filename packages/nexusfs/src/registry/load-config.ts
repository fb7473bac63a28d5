import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NexusError } from '../core/errors.ts'
import type { NexusConfig } from './config.ts'

/** A validated config and where it was found. */
export interface LoadedConfig {
  readonly config: NexusConfig
  readonly file: string
  /** Where its relative paths begin. */
  readonly folder: string
}

const fileNames = ['nexus.config.ts', 'nexus.config.mjs', 'nexus.config.json'] as const

/**
 * The nearest config in `cwd` or a folder above it; `undefined` if there is none. A config is code that runs with the rights of
 * this process, so a file of another user is refused.
 * @throws {NexusError} InvalidConfig if it cannot be loaded or is not valid
 */
export async function loadConfig(cwd: string): Promise<LoadedConfig | undefined> {
  const file = await findConfig(resolve(cwd))
  if (file === undefined) return undefined
  await refuseForeign(file, cwd)
  const value = file.endsWith('.json') ? await readJson(file) : await importDefault(file)
  return { config: await validConfig(value, file), file, folder: dirname(file) }
}

async function findConfig(from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = await configsIn(folder)
    if (found.length > 1) {
      throw new NexusError('InvalidConfig', `${found.join(' and ')}: two configs stand side by side; keep one of them`)
    }
    if (found[0] !== undefined) return found[0]
    if (dirname(folder) === folder) return undefined
  }
}

async function configsIn(folder: string): Promise<readonly string[]> {
  const files = fileNames.map((name) => join(folder, name))
  const present = await Promise.all(files.map(isFile))
  return files.filter((_, index) => present[index])
}

async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isFile() ?? false
}

/** In a folder that everybody may write to, such as `/tmp`, anybody could leave a config for others to run. */
async function refuseForeign(file: string, cwd: string): Promise<void> {
  const self = process.getuid?.()
  if (self === undefined) return
  const [owner, place] = await Promise.all([stat(file), stat(cwd)])
  if ([self, 0, place.uid].includes(owner.uid)) return
  throw new NexusError('InvalidConfig', `${file}: it belongs to another user and is not run; go without configs (--no-config)`)
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw cannotLoad(file, cause)
  }
}

async function importDefault(file: string): Promise<unknown> {
  try {
    const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href)
    if ('default' in module) return module.default
  } catch (cause) {
    throw cannotLoad(file, cause)
  }
  throw new NexusError('InvalidConfig', `${file}: it exports no config; write "export default defineConfig({ ... })"`)
}

/** Most processes find no config: they do not load what checks one. */
async function validConfig(value: unknown, file: string): Promise<NexusConfig> {
  const { validateConfig } = await import('./validate-config.ts')
  return validateConfig(value, file)
}

function cannotLoad(file: string, cause: unknown): NexusError {
  const [problem] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
  const isCommonJs = file.endsWith('.ts') && cause instanceof SyntaxError
  const advice = isCommonJs ? '; if package.json says "type": "commonjs", rename it to nexus.config.mjs' : ''
  return new NexusError('InvalidConfig', `${file}: it cannot be loaded: ${problem}${advice}`, { context: { file }, cause })
}
