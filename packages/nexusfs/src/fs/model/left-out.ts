import { NexusError } from '../../core/errors.ts'

/** Why an import or export left something out. */
export type LeftOutReason =
  /** By a pattern of `exclude`. */
  | 'excluded'
  /** It is a store of Nexus, or belongs to one. */
  | 'store'
  /** A symbolic link, and links are to be skipped. */
  | 'link'
  | 'link to outside'
  | 'link in a circle'
  | 'link to nothing'
  /** A socket, a pipe, a device. */
  | 'special'
  | 'unreadable'
  /** It was there a moment before. */
  | 'vanished'
  /** It changed each time it was read. */
  | 'changing'
  /** A name that is not UTF-8, or too long. */
  | 'name'
  /** The local file system takes no file of its size; of an export only. */
  | 'too large'
  /** A file stands where a directory is to come, or the other way round. */
  | 'in the way'
  /** The store has lost its content, or holds it damaged; or its entry cannot be understood. */
  | 'damaged'
  /** A newer version of Nexus wrote it. */
  | 'newer'
  /** The local file system failed. */
  | 'failed'

/** Something that an import or export left out. */
export interface LeftOut {
  /**
   * Of an import: names below the source, joined with `/`; bytes that are not UTF-8 are spelt `\xff`. Of an export: the path in the store.
   */
  readonly path: string
  readonly why: LeftOutReason
}

const asked: ReadonlySet<LeftOutReason> = new Set(['excluded', 'store', 'link'])

/** False for what was to be left out: by an option, or because it belongs to a store. */
export function isFailure({ why }: LeftOut): boolean {
  return !asked.has(why)
}

/** Why nothing was imported: links are refused. */
export function refusedLinks(first: readonly string[], count: number): NexusError {
  const named = first.map((path) => `${path} (symbolic link)`).join(', ')
  const more = count > first.length ? `, and ${count - first.length} more` : ''
  const advice = 'links can be skipped or followed'
  return new NexusError('InvalidArgument', `import: ${count} cannot be imported: ${named}${more}`, {
    advice,
    operation: 'import',
    context: { refused: count },
  })
}
