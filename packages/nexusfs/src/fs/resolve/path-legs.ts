import { utf8 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { Id } from '../../core/id.ts'
import { limits } from '../../core/limits.ts'
import { childOf, type NexusPath, parentOf, rootPath } from '../../core/path.ts'
import type { Key } from '../../metadata/metadata-store.ts'
import type { DirectoryHint, DirectoryHints, SymlinkHint } from './directory-hints.ts'

/**
 * The keys to look at from the root down to one path: as far as directory ids are believed, and one name further. A path is one leg,
 * unless there are links on its way: each leads to a leg of its own, that begins at the root again.
 */
export interface Leg {
  readonly path: NexusPath
  readonly steps: readonly Step[]
  /** How the way goes on from the end; absent in the last leg. */
  readonly onward: Onward | undefined
}

export interface Step {
  readonly path: NexusPath
  readonly key: Key
  /** The id that the keys of later steps are built on; absent in the last step. */
  readonly believed: Id | undefined
}

export type Onward =
  /** A link is believed to stand there; `isLast` if it is what the path itself names. */
  | { readonly kind: 'link'; readonly target: string; readonly isLast: boolean; readonly leg: Leg }
  /** A link that leads to nothing that can be looked up. */
  | { readonly kind: 'lost'; readonly target: string; readonly error: NexusError }
  /** A directory must be there; the way goes on from the one that holds it. */
  | { readonly kind: 'up'; readonly leg: Leg }

/** How often all targets together may lead up again from a directory that they have led down to. */
const mostUps = 256

/** @param keepsLast the last name is looked at as it is, also if it is a link */
export function legsTo(hints: DirectoryHints, path: NexusPath, keepsLast: boolean): Leg {
  const symlink = hints.symlinkOn(path, keepsLast)
  return symlink === undefined ? legTo(hints, path, undefined) : new Way(hints, keepsLast).leg(path, [])
}

function legTo(hints: DirectoryHints, path: NexusPath, onward: Onward | undefined): Leg {
  if (path === rootPath) return { path, steps: [], onward }
  const deepest = hints.deepestAbove(path)
  const nextPath = childTowards(deepest.path, path)
  const steps: Step[] = [{ path: nextPath, key: hints.keyOf(deepest, nextPath), believed: undefined }]
  for (let hint: DirectoryHint = deepest; hint.link !== undefined; hint = hint.link.parent) {
    steps.push({ path: hint.path, key: hint.link.key, believed: hint.id })
  }
  return { path, steps: steps.reverse(), onward }
}

function childTowards(ancestor: NexusPath, path: NexusPath): NexusPath {
  const end = path.indexOf('/', ancestor === rootPath ? 1 : ancestor.length + 1)
  return end < 0 ? path : (path.slice(0, end) as NexusPath)
}

/** The legs of one path, as POSIX resolves links: from the real directory of each, `..` of the root is the root. */
class Way {
  readonly #hints: DirectoryHints
  readonly #keepsLast: boolean
  #followed = 0
  #ups = 0

  constructor(hints: DirectoryHints, keepsLast: boolean) {
    this.#hints = hints
    this.#keepsLast = keepsLast
  }

  /** @param rest what comes after `path`: names that begin with `..`, or nothing */
  leg(path: NexusPath, rest: readonly string[]): Leg {
    const symlink = this.#hints.symlinkOn(path, this.#keepsLast && rest.length === 0)
    if (symlink !== undefined) return legTo(this.#hints, symlink.path, this.#behind(symlink, path, rest))
    if (rest.length === 0) return legTo(this.#hints, path, undefined)
    return legTo(this.#hints, path, { kind: 'up', leg: this.leg(...downFrom(path, rest)) })
  }

  #behind({ path: at, target }: SymlinkHint, path: NexusPath, rest: readonly string[]): Onward {
    const names = [...namesIn(target), ...namesIn(path.slice(at.length)), ...rest]
    this.#followed++
    this.#ups += namesIn(target).filter((name) => name === '..').length
    const why = this.#whyLost(names)
    if (why !== undefined) return { kind: 'lost', target, error: lost(at, target, why) }
    const leg = this.leg(...downFrom(target.startsWith('/') ? rootPath : parentOf(at), names))
    return { kind: 'link', target, isLast: path === at && rest.length === 0, leg }
  }

  #whyLost(names: readonly string[]): Pick<NexusError, 'message' | 'errno'> | undefined {
    if (this.#followed > limits.followedLinks) {
      return { message: `more than ${limits.followedLinks} links follow each other; they lead in a circle`, errno: 'ELOOP' }
    }
    const bytes = names.map((name) => utf8(name).length)
    if (bytes.some((length) => length > limits.segmentBytes)) {
      return { message: `a name has at most ${limits.segmentBytes} bytes`, errno: 'ENAMETOOLONG' }
    }
    const total = bytes.reduce((sum, length) => sum + length + 1, 0)
    if (total <= limits.namedPathBytes && this.#ups <= mostUps) return undefined
    return { message: 'it leads to a path that is too long', errno: 'ENAMETOOLONG' }
  }
}

/** From a directory up and down again, as far as the names go down; what is left begins with the next `..`, or is nothing. */
function downFrom(directory: NexusPath, names: readonly string[]): [NexusPath, readonly string[]] {
  let path = directory
  let at = 0
  for (; names[at] === '..'; at++) path = parentOf(path)
  for (; at < names.length && names[at] !== '..'; at++) path = childOf(path, names[at] ?? '')
  return [path, names.slice(at)]
}

function namesIn(target: string): readonly string[] {
  return target.split('/').filter((name) => name !== '' && name !== '.')
}

function lost(path: NexusPath, target: string, { message, errno }: Pick<NexusError, 'message' | 'errno'>): NexusError {
  return new NexusError('InvalidPath', `the link ${path} -> ${target.slice(0, 200)}: ${message}`, { context: { path, errno } })
}
