import type { Timeouts } from '../../engine-kit/connection-options.ts'
import type { WorkerMode } from './commit.ts'

/** For `SqliteStore.open`. */
export interface SqliteStoreOptions {
  /** The database file, such as `./data/meta.db`; its folder must be there. */
  readonly path: string
  /** `disk`: commits survive a power loss; `os`: they survive a killed process. Default: `disk`. */
  readonly durability?: 'disk' | 'os' | undefined
  /** Make the file if it is not there; with false, that is `NotFound`. Default: true. */
  readonly create?: boolean | undefined
  /**
   * True: only read, whatever this user may do; nothing is written, not even beside the file. Default: false; a file that this user may
   * only read, or on a medium that takes no writes, is opened for reading all the same.
   */
  readonly readOnly?: boolean | undefined
  /**
   * Commits on a thread of their own: `never`, `always`, or `auto`: once flushes of class `disk` take
   * more than 1 ms on average.
   * Default: `auto`.
   */
  readonly worker?: WorkerMode | undefined
  /** `call`: how long a call waits for a lock that another process holds, in ms. Default: 10,000. */
  readonly timeouts?: Pick<Timeouts, 'call'> | undefined
  /** Memory for entries read or written before, in bytes. Default: 16 MiB. */
  readonly cacheBytes?: number | undefined
}
