import { isFailure, type LeftOut } from '../model/left-out.ts'
import type { TransferProgress, TransferReport } from '../model/options.ts'
import type { LocalItem } from './local-survey.ts'

/** What one batch came to. */
export interface BatchResult {
  readonly files: number
  readonly directories: number
  readonly links: number
  readonly bytes: number
  readonly unchanged: number
}

/** What an import has done so far. */
export class ImportTally {
  #files = 0
  #directories = 0
  #links = 0
  #bytes = 0
  #unchanged = 0
  #removed = 0
  #expected: { files: number; bytes: number } | undefined
  readonly #leftOut: LeftOut[] = []

  /** What a look ahead has found. */
  expect({ kind, seen }: LocalItem): void {
    this.#expected ??= { files: 0, bytes: 0 }
    if (kind !== 'file') return
    this.#expected.files++
    this.#expected.bytes += Number(seen.size)
  }

  leaveOut(what: LeftOut): void {
    this.#leftOut.push(what)
  }

  add({ files, directories, links, bytes, unchanged }: BatchResult): void {
    this.#files += files
    this.#directories += directories
    this.#links += links
    this.#bytes += bytes
    this.#unchanged += unchanged
  }

  remove(): void {
    this.#removed++
  }

  progress(): TransferProgress {
    const { files: totalFiles, bytes: totalBytes } = this.#expected ?? {}
    return { files: this.#files, directories: this.#directories, links: this.#links, bytes: this.#bytes, totalFiles, totalBytes }
  }

  report(): TransferReport {
    const leftOut = this.#leftOut
    return {
      files: this.#files,
      directories: this.#directories,
      links: this.#links,
      bytes: this.#bytes,
      totalFiles: this.#files,
      totalBytes: this.#bytes,
      unchanged: this.#unchanged,
      removed: this.#removed,
      leftOut,
      failed: leftOut.filter(isFailure).length,
    }
  }
}
