import { NexusError } from '../../core/errors.ts'
import { childOf, type NexusPath, nameOf, parsePath } from '../../core/path.ts'
import { type Bound, type BoundFile, isDirectory, isFile } from '../model/head.ts'
import type { MoveOptions, Preconditions } from '../model/options.ts'
import type { Resolved } from './resolver.ts'

/** What the verbs require of the path they are given; each throws the error that says why it cannot be. */

/**
 * @throws {NexusError} NotADirectory if a file stands above the path
 */
export function requireNoFileAbove({ obstacle, asked: path }: Resolved): void {
  if (obstacle?.kind !== 'file') return
  throw new NexusError('NotADirectory', `${path}: ${obstacle.path} is a file`, { context: { path, file: obstacle.path } })
}

/**
 * @throws {NexusError} NotFound, NotADirectory (above), IsADirectory
 */
export function requireFile(resolved: Resolved): BoundFile {
  requireNoFileAbove(resolved)
  if (isFile(resolved.bound)) return resolved.bound
  if (resolved.directory !== undefined) throw isADirectory(resolved.asked)
  throw notFound(resolved)
}

/**
 * What stands at the path, the root excepted.
 * @throws {NexusError} NotFound, NotADirectory (above)
 */
export function requireBound(resolved: Resolved): Bound {
  requireNoFileAbove(resolved)
  if (resolved.bound === undefined) throw notFound(resolved)
  return resolved.bound
}

/**
 * @throws {NexusError} NotFound, NotADirectory
 */
export function requireDirectory(resolved: Resolved): NonNullable<Resolved['directory']> {
  requireNoFileAbove(resolved)
  if (resolved.directory !== undefined) return resolved.directory
  if (resolved.bound !== undefined) throw notADirectory(resolved.asked, resolved.bound.head.kind)
  throw notFound(resolved)
}

/**
 * The row of a name other than the root.
 * @throws {NexusError} InvalidArgument for the root
 */
export function requireNotRoot(path: NexusPath, operation: string): void {
  if (path === '/')
    throw new NexusError('InvalidArgument', `${operation}: the root itself cannot be changed`, {
      advice: 'name what is in it',
      context: { path },
    })
}

/**
 * Checks a caller's preconditions against what stands there. A link that was followed stands there too, wherever it leads.
 * @throws {NexusError} AlreadyExists for `ifNoneMatch`, Conflict for `ifMatch`
 */
export function requirePreconditions(
  { asked: path, bound, lastLink }: Pick<Resolved, 'asked' | 'bound' | 'lastLink'>,
  wanted: Preconditions,
): void {
  if (wanted.ifNoneMatch !== undefined && (bound ?? lastLink) !== undefined) throw alreadyExists(path)
  if (wanted.ifMatch === undefined || matches(bound, wanted.ifMatch)) return
  const there = bound === undefined || isDirectory(bound) ? undefined : bound
  const now = there === undefined ? 'no file stands there' : `it is at version ${there.head.version}`
  throw new NexusError('Conflict', `${path} is not what ifMatch asks for: ${now}`, {
    advice: 'read it again and decide anew',
    context: { path, version: there?.head.version, etag: there?.etag },
  })
}

function matches(bound: Bound | undefined, wanted: NonNullable<Preconditions['ifMatch']>): boolean {
  if (bound === undefined || isDirectory(bound)) return false
  if (typeof wanted === 'string') return bound.etag === wanted
  if ('version' in wanted) return bound.head.version === wanted.version
  return isFile(bound) && bound.head.digest === wanted.digest
}

/** A caller that names the version that stands at the destination wants to replace it. */
export function mayReplace({ overwrite, ifMatch }: Pick<MoveOptions, 'overwrite' | 'ifMatch'>): boolean {
  return overwrite ?? ifMatch !== undefined
}

/**
 * The path of a file that a call makes or writes.
 * @throws {NexusError} InvalidPath; IsADirectory for the root, and for a path that ends with a slash
 */
export function parseFilePath(path: string): NexusPath {
  const parsed = parsePath(path)
  if (parsed === '/') throw isADirectory(parsed)
  if (!/\/\.?$/.test(path)) return parsed
  throw new NexusError('IsADirectory', `${path} names a directory, since it ends with a slash`, {
    advice: `for a file, write ${parsed}`,
    context: { path: parsed },
  })
}

/**
 * The error for a file that cannot take the place of a directory.
 * @throws {NexusError} AlreadyExists, or IsADirectory where a file could be replaced
 */
export function directoryInTheWay(path: NexusPath, source: NexusPath, options: MoveOptions): NexusError {
  const code = mayReplace(options) ? 'IsADirectory' : 'AlreadyExists'
  const inside = childOf(path, nameOf(source))
  return new NexusError(code, `${path} is a directory`, { advice: `to put it in there, write ${inside}`, context: { path } })
}

export function notFound({ asked: path, followed }: Pick<Resolved, 'asked' | 'followed'>): NexusError {
  const last = followed.at(-1)
  const where = last === undefined ? '' : `: the way there leads through a link to ${last.head.target.slice(0, 200)}`
  return new NexusError('NotFound', `${path} does not exist${where}`, { context: { path } })
}

/** True if two paths that were asked for lead to one name. A way that ends at an obstacle leads to no name. */
export function isSameFixture(one: Resolved, other: Resolved): boolean {
  return one.path === other.path && one.obstacle === undefined && other.obstacle === undefined
}

export function alreadyExists(path: NexusPath): NexusError {
  return new NexusError('AlreadyExists', `${path} already exists`, { context: { path } })
}

export function isADirectory(path: NexusPath): NexusError {
  return new NexusError('IsADirectory', `${path} is a directory`, { context: { path } })
}

export function notADirectory(path: NexusPath, kind: 'file' | 'link' | 'directory' = 'file'): NexusError {
  return new NexusError('NotADirectory', `${path} is a ${kind}, not a directory`, { context: { path } })
}
