import { utf8 } from './bytes.ts'
import { NexusError } from './errors.ts'
import { limits } from './limits.ts'

declare const pathBrand: unique symbol

/** An absolute path in its one normal form: `/`, or `/a/b` without empty, `.` or `..` segments or a final slash. */
export type NexusPath = string & { readonly [pathBrand]: true }

export const rootPath: NexusPath = '/' as NexusPath

const plain = /^(?:\/[\w-][\w .-]*)+$/

/**
 * The normal form of a path. Empty and `.` segments are dropped; names are compared byte by byte, so NFC and NFD
 * forms of one name are two names.
 * @throws {NexusError} InvalidPath if it is not absolute, has a `..` segment, a NUL or half a surrogate pair, or is longer
 * than 255 bytes a segment or 4,096 bytes in all
 */
export function parsePath(input: string): NexusPath {
  return parseWithin(input, limits.pathBytes)
}

/**
 * The same for a path that names what is there: it may have 16,384 bytes, since a directory that is moved takes along what is below it,
 * and what a listing gives can be read.
 * @throws {NexusError} InvalidPath
 */
export function parseNamedPath(input: string): NexusPath {
  return parseWithin(input, limits.namedPathBytes)
}

function parseWithin(input: string, mostBytes: number): NexusPath {
  if (typeof input !== 'string') throw new NexusError('InvalidPath', `a path is a string, not a value of type ${typeof input}`)
  if (input.length <= limits.segmentBytes && plain.test(input)) return input as NexusPath
  if (!input.startsWith('/')) throw invalidPath(input, 'write it from the root, beginning with "/"')
  if (input.includes('\0')) throw invalidPath(input, 'a name cannot hold a NUL character')
  if (!input.isWellFormed()) throw invalidPath(input, 'it holds half a surrogate pair, which UTF-8 cannot spell')
  const segments = input.split('/').filter((segment) => segment !== '' && segment !== '.')
  const path = `/${segments.join('/')}`
  for (const segment of segments) checkSegment(segment, input)
  if (path.length * 3 > mostBytes && utf8(path).length > mostBytes)
    throw invalidPath(input, `a path has at most ${mostBytes} bytes`)
  return path as NexusPath
}

function checkSegment(segment: string, input: string): void {
  if (segment === '..') throw invalidPath(input, '".." is not resolved', 'write the path out')
  if (segment.length * 3 <= limits.segmentBytes) return
  if (utf8(segment).length > limits.segmentBytes) {
    throw invalidPath(input, `a name has at most ${limits.segmentBytes} bytes`)
  }
}

function invalidPath(input: string, problem: string, advice?: string): NexusError {
  const shown = input.length > 200 ? `${input.slice(0, 200)}...` : input
  return new NexusError('InvalidPath', `invalid path ${JSON.stringify(shown)}: ${problem}`, { advice, context: { path: shown } })
}

/** True for what a single segment of a normal path can be, its length aside. */
export function isName(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !text.includes('/') && !text.includes('\0')
}

/** The names from the root down; empty for the root. */
export function segmentsOf(path: NexusPath): readonly string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}

/** The last name; empty for the root. */
export function nameOf(path: NexusPath): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The directory that holds the path; the root for the root. */
export function parentOf(path: NexusPath): NexusPath {
  const end = path.lastIndexOf('/')
  return (end <= 0 ? '/' : path.slice(0, end)) as NexusPath
}

/** The path of a name inside a directory; the name is a valid segment. */
export function childOf(directory: NexusPath, name: string): NexusPath {
  return (directory === '/' ? `/${name}` : `${directory}/${name}`) as NexusPath
}

/** True if `path` is `ancestor` or lies below it. */
export function isWithin(path: NexusPath, ancestor: NexusPath): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`)
}

/** True for a text that a symbolic link can hold: 1 to 4,096 bytes of UTF-8 without NUL. It need not lead anywhere. */
export function isLinkTarget(value: unknown): value is string {
  return typeof value === 'string' && whyNoTarget(value) === undefined
}

/**
 * @throws {NexusError} InvalidArgument
 */
export function checkLinkTarget(target: unknown): string {
  const why = typeof target === 'string' ? whyNoTarget(target) : `it is a value of type ${typeof target}`
  if (typeof target === 'string' && why === undefined) return target
  throw new NexusError('InvalidArgument', `the target of a link is a text of 1 to ${limits.linkTargetBytes} bytes: ${why}`)
}

function whyNoTarget(target: string): string | undefined {
  if (target === '') return 'it is empty'
  if (target.includes('\0')) return 'it holds a NUL character'
  if (!target.isWellFormed()) return 'it holds half a surrogate pair, which UTF-8 cannot spell'
  if (target.length * 3 <= limits.linkTargetBytes || utf8(target).length <= limits.linkTargetBytes) return undefined
  return 'it is longer'
}
