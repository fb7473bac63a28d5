import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NexusError } from '../library.ts'
import { isResultFile, type ResultFile } from './result-file.ts'

/** Names of saved runs have letters, digits, `.`, `_` and `-`. */
export function isRunName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)
}

/** The path for the next run of a machine: `DIR/<fingerprint>/0007_<name>.json`. */
export async function nextResultPath(directory: string, fingerprint: string, name: string): Promise<string> {
  const folder = join(directory, fingerprint)
  await mkdir(folder, { recursive: true })
  const numbers = (await readdir(folder)).map((file) => Number(/^(\d{4,})_/.exec(file)?.[1] ?? 0))
  const next = Math.max(0, ...numbers) + 1
  return join(folder, `${String(next).padStart(4, '0')}_${name}.json`)
}

/** Replaces the file as a whole: a reader, or a crash, finds the old or the new one. */
export async function writeResultFile(path: string, file: ResultFile): Promise<void> {
  await replaceFile(path, resultText(file))
}

export function resultText(file: ResultFile): string {
  return `${JSON.stringify(file, undefined, 1)}\n`
}

export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, text)
  await rename(temporary, path)
}

/**
 * @throws {NexusError} NotFound, or InvalidArgument for a file of another kind
 */
export async function readResultFile(path: string): Promise<ResultFile> {
  const value = parse(path, await readFile(path, 'utf8').catch((cause) => Promise.reject(cannotRead(path, cause))))
  if (!isResultFile(value)) throw new NexusError('InvalidArgument', `${path} is not a result file of schema nexus-bench/1`)
  return value
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new NexusError('InvalidArgument', `${path} is not JSON`, { cause })
  }
}

function cannotRead(path: string, cause: unknown): NexusError {
  return new NexusError('NotFound', `cannot read the result file ${path}`, { advice: 'check the name', cause })
}
