/** Options that mean the same for every engine on a server, under the same names. */

/** Milliseconds. The defaults are the engine's; its README has them. */
export interface Timeouts {
  /** For one attempt to connect, with TLS, password and the check of the settings. */
  readonly connect?: number | undefined
  /**
   * For one call, from when it is sent, with any time it waits for a connection or a lock. A call that waits behind others of this process is
   * given up after as long a time in which the server answered none of them.
   */
  readonly call?: number | undefined
}

export interface TlsOptions {
  /** Certificates to trust, PEM; those of the system if absent. */
  readonly ca?: string | undefined
  /** The client's own certificate and key, PEM, where the server asks for one. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name that the server's certificate must carry; the host if absent. */
  readonly servername?: string | undefined
  /** `full` (default): certificate and host name; `ca`: the certificate only; `none`: encrypted, but to whom is not known. */
  readonly verify?: 'full' | 'ca' | 'none' | undefined
}

/** What the `verify` of these options means to Node's `tls.connect`. */
export function verification({ verify = 'full' }: TlsOptions): {
  readonly rejectUnauthorized: boolean
  readonly checkServerIdentity?: () => undefined
} {
  const rejectUnauthorized = verify !== 'none'
  return verify === 'ca' ? { rejectUnauthorized, checkServerIdentity: () => undefined } : { rejectUnauthorized }
}
