import type { IncomingContent } from '../../content/incoming-content.ts'
import { limits } from '../../core/limits.ts'
import type { BoundFile } from '../model/head.ts'
import { demandFile } from '../resolve/expect-path.ts'
import type { Resolved } from '../resolve/resolver.ts'
import type { FsContext } from './context.ts'

/** From then on a look at the path is out of date; in milliseconds. */
export const freshForMs = 100

/** A change mostly makes new content, whose row need not be looked for: the commit expects that there is none. */
export function seemsKnown(fs: FsContext, incoming: IncomingContent, file: BoundFile | undefined): boolean {
  if (incoming.size <= limits.tinyContentBytes) return false
  return incoming.digest === file?.head.digest || fs.content.cached(incoming.digest) !== undefined
}

/** The file at the path, or nothing where one can be made. */
export function fileAt(resolved: Resolved): BoundFile | undefined {
  return resolved.bound === undefined && resolved.directory === undefined && resolved.obstacle?.kind !== 'file'
    ? undefined
    : demandFile(resolved)
}
