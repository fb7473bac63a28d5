import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface FolderUsage {
  readonly files: number
  /** Lengths of the files. */
  readonly bytes: number
  /** Blocks that the files and folders occupy. */
  readonly diskBytes: number
}

/** Counts everything below a folder. Files that vanish meanwhile are left out. */
export async function folderUsage(folder: string): Promise<FolderUsage> {
  let [files, bytes, diskBytes] = [0, 0, 0]
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const stats = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined)
    if (stats === undefined) continue
    diskBytes += stats.blocks * 512
    if (!stats.isFile()) continue
    files += 1
    bytes += stats.size
  }
  return { files, bytes, diskBytes }
}
