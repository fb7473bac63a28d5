import { AsyncLocalStorage } from 'node:async_hooks'
import { NexusError } from '../../core/errors.ts'
import type { NexusPath } from '../../core/path.ts'
import type { KeyedMutex } from '../../engine-kit/keyed-mutex.ts'

interface Editing {
  readonly turns: KeyedMutex
  readonly path: NexusPath
  readonly outer: Editing | undefined
  isOver: boolean
}

const current = new AsyncLocalStorage<Editing>()

/** Runs a caller's function while the edit of a path waits for it. */
export async function partOfEdit<T>(turns: KeyedMutex, path: NexusPath, work: () => Promise<T>): Promise<T> {
  const editing: Editing = { turns, path, outer: underWay(current.getStore()), isOver: false }
  try {
    return await current.run(editing, work)
  } finally {
    // What the function has started and left behind may edit the path later.
    editing.isOver = true
  }
}

/** The nearest edit that still waits; those that are over would make a chain without an end. */
function underWay(editing: Editing | undefined): Editing | undefined {
  let nearest = editing
  while (nearest?.isOver) nearest = nearest.outer
  return nearest
}

/**
 * @throws {NexusError} InvalidArgument inside the change of an edit: closing would wait for the edit, and the edit for closing
 */
export function refuseCloseInEdit(turns: KeyedMutex): void {
  for (let editing = underWay(current.getStore()); editing !== undefined; editing = underWay(editing.outer)) {
    if (editing.turns !== turns) continue
    throw new NexusError('InvalidArgument', `close: called inside the change of an edit of ${editing.path}`, {
      advice: 'close after the edit',
      operation: 'close',
    })
  }
}

/**
 * To be called before an edit waits for its turn.
 * @throws {NexusError} InvalidArgument inside the edit of the same path: each would wait for the other
 */
export function refuseNestedEdit(turns: KeyedMutex, path: NexusPath): void {
  for (let editing = underWay(current.getStore()); editing !== undefined; editing = underWay(editing.outer)) {
    if (editing.turns !== turns || editing.path !== path) continue
    throw new NexusError('InvalidArgument', `edit ${path}: called inside the change of an edit of the same path`, {
      advice: 'make the new content of what the change is given',
      operation: 'edit',
    })
  }
}

/** How many edits wait for what runs now. */
export function depthOfEdits(): number {
  let depth = 0
  for (let editing = current.getStore(); editing !== undefined; editing = editing.outer) depth++
  return depth
}
