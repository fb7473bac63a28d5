import type { FolderLayers } from '../fs/model/open-options.ts'

/** The layers of a store in a folder, as `openNexus('./data')` opens them. */
export const folderLayers: FolderLayers = {
  async openStorage(folder) {
    const { LocalBackend } = await import('../storage-backends/local/local-backend.ts')
    return LocalBackend.open({ root: folder })
  },
  async openMetadata(file) {
    const { SqliteStore } = await import('../metadata-stores/sqlite/sqlite-store.ts')
    return SqliteStore.open({ path: file, create: false })
  },
}
