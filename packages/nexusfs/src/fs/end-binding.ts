import { NexusError } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import { type NexusPath, nameOf } from '../core/path.ts'
import { endedKey } from '../metadata/keyspace.ts'
import type { CommitDraft } from './commit-draft.ts'
import { type Bound, bornRevision, type Ended, type Head, isDirectory, versionRevision } from './head.ts'
import { encodeHead } from './head-codec.ts'
import type { Resolved } from './resolver.ts'

/** Takes a name out of its directory and keeps what it was bound to in the directory's history. */
export function endBinding(draft: CommitDraft, resolved: Resolved, bound: Bound, why: Ended['why']): void {
  if (resolved.key === undefined) throw new NexusError('Unexpected', `${resolved.path} has no entry that could end`)
  draft.expectWay(resolved)
  draft.expect({ kind: 'at', key: resolved.key, revision: bound.entry.revision })
  draft.delete(resolved.key)
  keepEnded(draft, resolved, bound, why)
}

interface BoundAt {
  readonly within: { readonly id: Id }
  readonly path: NexusPath
}

/** The history row of a binding that ends in this commit; its key holds the commit's revision. */
export function keepEnded(draft: CommitDraft, { within, path }: BoundAt, bound: Bound, why: Ended['why']): void {
  const ended: Ended = { why, revision: bound.entry.revision }
  draft.put(endedKey(within.id, nameOf(path)), encodeHead({ ...detachedHead(bound), born: bornRevision(bound), ended }))
}

/** A head that leaves its row: what followed from the revision of the row is written into it. */
export function detachedHead(bound: Bound): Head {
  if (isDirectory(bound)) return { ...bound.head, born: undefined, ended: undefined }
  return { ...bound.head, revision: versionRevision(bound), born: undefined, ended: undefined }
}
