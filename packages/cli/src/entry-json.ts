import type { Entry, VersionEntry } from 'nexusfs'

/** The shape of an entry in `--json`; dates are in ISO 8601, UTC. */
export function entryJson(entry: Entry): Readonly<Record<string, unknown>> {
  const { path, name, kind, createdAt, modifiedAt, author } = entry
  if (entry.kind === 'directory') return { path, name, kind, createdAt, modifiedAt, author }
  const { size, version, etag, digest, executable } = entry
  return { path, name, kind, size, version, etag, digest, createdAt, modifiedAt, author, executable }
}

export function versionJson(entry: VersionEntry): Readonly<Record<string, unknown>> {
  const { version, etag, size, digest, modifiedAt, author, reason, executable } = entry
  return { version, etag, size, digest, modifiedAt, author, reason, executable }
}
