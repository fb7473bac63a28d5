/** One call of a port, as a layer over it sees it. */
export interface PortCall<Result> {
  /** The member's name: `commit`, `put`. */
  readonly method: string
  readonly signal: AbortSignal | undefined
  /** Bytes of keys, values and bodies in the request. */
  bytesSent(): number
  /** Bytes of keys, values and bodies in the result. */
  bytesReceived(result: Result): number
  /** Makes the call; each time anew. */
  run(): Promise<Result>
  /** Makes it so that the caller cannot cancel it. */
  runDetached(): Promise<Result>
}

/** What a layer does around each call of its port. */
export type Interceptor = <Result>(call: PortCall<Result>) => Promise<Result>
