/**
 * Where a blob lies below `blobs/`: `<group>/<shard>/<name>`. The group is the first segment of the key, the shard the first two
 * characters of the second, the name all but the first segment with `,` for `/`. No key has a comma, so no two keys share a place,
 * and every shard holds one unbroken run of keys.
 */
export interface BlobPlace {
  readonly group: string
  readonly shard: string
  readonly name: string
}

/** The group of the keys that have one segment only: no segment has a comma. */
export const singlesGroup = ',singles'

/** The place of a key that `checkBlobKey` has passed. */
export function placeOfKey(key: string): BlobPlace {
  const slash = key.indexOf('/')
  if (slash === -1) return { group: singlesGroup, shard: key.slice(0, 2), name: key }
  const rest = key.slice(slash + 1)
  return { group: key.slice(0, slash), shard: rest.slice(0, 2), name: rest.replaceAll('/', ',') }
}

/** The key of a place; of a file that no put made, something that is no key. */
export function keyOfPlace({ group, name }: BlobPlace): string {
  return group === singlesGroup ? name : `${group}/${name.replaceAll(',', '/')}`
}
