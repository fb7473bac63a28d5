/** A real server that tests and benchmarks run against. */
export interface Service {
  /** As in `NEXUS_REQUIRE=postgres,redis`. */
  readonly name: string
  /** The environment variable that names a server which is there already. */
  readonly variable: string
  /** One line: how to get it on this kind of machine. */
  readonly install: string
  /** Looks, without starting anything. */
  find(): Promise<Found>
  /** Starts a server of its own in a temporary folder, whatever the variable says. */
  start(options?: StartOptions): Promise<RunningService>
}

export type Found =
  | { readonly status: 'given'; readonly url: string; readonly env?: Readonly<Record<string, string>> }
  | { readonly status: 'installed'; readonly detail: string }
  | { readonly status: 'missing'; readonly reason: string }

export interface StartOptions {
  /** Lines of the server's own configuration, instead of or besides the defaults. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** True = it outlives this process (`npm run services -- start`). Else it ends with it, however that ends. */
  readonly kept?: boolean | undefined
  /** For a service in front of another: the URL of that one. */
  readonly target?: string | undefined
}

export interface RunningService {
  readonly name: string
  readonly url: string
  /** What to export so that others find it. */
  readonly env: Readonly<Record<string, string>>
  /** Absent for a server that somebody else runs. */
  readonly own?: OwnServer | undefined
  /** Ends the server and removes its folder; does nothing to a server that somebody else runs. Idempotent. */
  stop(): Promise<void>
}

/** What can be done to a server that this process has started. */
export interface OwnServer {
  readonly directory: string
  readonly port: number
  pid(): number
  /** Ends it as a crash would: `pg_ctl stop -m immediate`, `kill -9`. Its data stays. */
  crash(): Promise<void>
  /** Starts it again on the same port and data. */
  restart(): Promise<void>
}
