/** Sizes in bytes unless said otherwise; the same on every combination. */
export const limits = {
  /** One segment of a path, in UTF-8. */
  segmentBytes: 255,
  /** A whole path to which something is bound, in UTF-8. */
  pathBytes: 4096,
  /** A whole path that names what is there, which a move of a directory above may have made longer, in UTF-8. */
  namedPathBytes: 16_384,
  /** The target of a symbolic link, in UTF-8. */
  linkTargetBytes: 4096,
  /** Links (a count) that are followed on the way of one path. */
  followedLinks: 40,
  /** Group and item of a metadata key together. */
  keyBytes: 512,
  /** One metadata value. */
  valueBytes: 262_144,
  /** Writes (a count) in one commit. */
  commitWrites: 10_000,
  /** Keys and values of one commit together. */
  commitBytes: 16_777_216,
  /** Entries (a count) in one page of a scan, and keys in one read. */
  scanEntries: 10_000,
  /** A file of at most this size lives in its directory entry, without a content row. */
  tinyContentBytes: 128,
} as const
