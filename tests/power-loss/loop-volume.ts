import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type FileSystemKind = 'ext4' | 'xfs'

/** XFS makes none below 300 MB. */
const imageBytes = 512 * 1024 * 1024

/**
 * A file system in a file, mounted through a loop device, whose power can be cut: `shutdown` stops it without writing back what is
 * only in memory, the log included. Needs root, `mount`, `mkfs` and `xfs_io` (which knows ext4 as well).
 */
export class LoopVolume implements Disposable {
  readonly kind: FileSystemKind
  /** Outside of the volume, for what must survive. */
  readonly outside: string
  readonly mountPoint: string
  readonly #image: string
  #isMounted = false

  constructor(kind: FileSystemKind) {
    this.kind = kind
    this.outside = mkdtempSync(join(tmpdir(), 'nexus-power-loss-'))
    this.mountPoint = join(this.outside, 'mount')
    this.#image = join(this.outside, 'image')
    mkdirSync(this.mountPoint)
  }

  /** An empty file system, mounted. */
  format(): void {
    this.unmount()
    rmSync(this.#image, { force: true })
    writeFileSync(this.#image, '')
    truncateSync(this.#image, imageBytes)
    run(`mkfs.${this.kind}`, ['-q', this.#image])
    this.mount()
  }

  mount(): void {
    run('mount', ['-o', 'loop', this.#image, this.mountPoint])
    this.#isMounted = true
  }

  cutPower(): void {
    run('xfs_io', ['-x', '-c', 'shutdown', this.mountPoint])
  }

  unmount(): void {
    if (!this.#isMounted) return
    run('umount', [this.mountPoint])
    this.#isMounted = false
  }

  [Symbol.dispose](): void {
    this.unmount()
    rmSync(this.outside, { recursive: true, force: true })
  }
}

function run(command: string, parameters: readonly string[]): void {
  execFileSync(command, parameters, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 })
}
