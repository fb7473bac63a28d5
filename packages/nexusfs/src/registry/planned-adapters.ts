/**
 * Schemes that this version knows by name only, with what to use in their place. The line goes when the adapter joins its table.
 */
export const plannedAdapters: Readonly<Record<string, string>> = {
  s3: 'Amazon S3 as a storage backend is not part of this version; use local:DIR',
  gs: 'Google Cloud Storage as a storage backend is not part of this version; use local:DIR',
  gcs: 'Google Cloud Storage as a storage backend is not part of this version; use local:DIR',
  azure: 'Azure Blob Storage as a storage backend is not part of this version; use local:DIR',
}
