import { NexusError } from '../../core/errors.ts'
import { isWithin, type NexusPath, parseNamedPath, parsePath } from '../../core/path.ts'
import { detachedHead, endBinding, keepEnded, NewDirectories } from '../commit/bindings.ts'
import { CommitPlan, lineOf } from '../commit/commit-plan.ts'
import type { FsContext } from '../commit/context.ts'
import { type Attempt, mutate } from '../commit/mutation.ts'
import { type Entry, toEntry } from '../model/entry.ts'
import { type Bound, isDirectory } from '../model/head.ts'
import { encodeHead } from '../model/head-codec.ts'
import type { MoveOptions } from '../model/options.ts'
import {
  alreadyExists,
  directoryInTheWay,
  isSameFixture,
  mayReplace,
  notADirectory,
  parseFilePath,
  requireBound,
  requireNotRoot,
  requirePreconditions,
} from '../resolve/expect-path.ts'
import type { Resolved } from '../resolve/resolver.ts'

/** A file keeps its versions, a directory all that is below it: what moves is one binding. */
export async function move(fs: FsContext, from: string, to: string, options: MoveOptions): Promise<Entry> {
  const source = parseNamedPath(from)
  const target = parsePath(to)
  requireNotRoot(source, 'move')
  if (target === '/') throw alreadyExists(target)
  return mutate(fs, options, async (): Promise<Attempt<Entry>> => {
    const { resolved, time } = await fs.resolver.resolveAll([source, target], { keepsLast: true, signal: options.signal })
    const [origin, destination] = resolved
    if (origin === undefined || destination === undefined)
      throw new NexusError('Unexpected', `move ${source}: the snapshot has no answer for one of the two paths`)
    const bound = requireBound(origin)
    requireNotBelowItself(bound, origin.path, destination.path)
    requirePreconditions(destination, options)
    if (isSameFixture(origin, destination)) return { done: toEntry(target, bound) }
    requireFree(bound, source, destination, options)
    if (!isDirectory(bound)) parseFilePath(to)
    return rebind(fs, bound, origin, destination, time, options)
  })
}

/**
 * @throws {NexusError} InvalidArgument
 */
function requireNotBelowItself(bound: Bound, source: NexusPath, target: NexusPath): void {
  if (!isDirectory(bound) || source === target || !isWithin(target, source)) return
  throw new NexusError('InvalidArgument', `${source} cannot be moved below itself, to ${target}`, { context: { path: target } })
}

/**
 * @throws {NexusError} AlreadyExists unless a file may be replaced; IsADirectory and NotADirectory if the kinds do not go together
 */
function requireFree(bound: Bound, source: NexusPath, { asked: path, bound: there }: Resolved, options: MoveOptions): void {
  if (there === undefined) return
  if (isDirectory(there)) throw directoryInTheWay(path, source, options)
  if (!mayReplace(options)) throw alreadyExists(path)
  if (isDirectory(bound)) throw notADirectory(path, there.head.kind)
}

function rebind(
  fs: FsContext,
  bound: Bound,
  origin: Resolved,
  destination: Resolved,
  time: number,
  options: MoveOptions,
): Attempt<Entry> {
  const { author = fs.author, parents } = options
  const plan = new CommitPlan(time)
  const directories = new NewDirectories(fs, plan, { author, time })
  endBinding(plan, origin, bound, 'moved')
  const parent = directories.parentFor(destination, parents)
  const key = directories.keyOf(parent, destination)
  const replaced = destination.bound
  if (replaced === undefined) {
    plan.expect({ kind: 'absent', key })
  } else {
    plan.expect({ kind: 'at', key, revision: replaced.entry.revision })
    keepEnded(plan, destination, replaced, 'replaced')
  }
  const head = detachedHead(bound)
  plan.put(key, encodeHead(head))
  plan.log(lineOf('move', origin.within.id, origin.path, head, 'leaves'))
  if (replaced !== undefined) plan.log(lineOf('remove', parent.id, destination.path, replaced.head, 'leaves'))
  plan.log(lineOf('move', parent.id, destination.path, head))
  if (isDirectory(bound)) plan.whenCommitted(() => fs.resolver.hints.learn(parent, destination.path, head.id))
  return { plan, result: () => toEntry(destination.asked, bound) }
}
