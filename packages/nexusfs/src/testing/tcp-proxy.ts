import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** When a proxy cuts a connection, seen from a request that passes. */
export type CutMoment =
  /** The request never reaches the server. */
  | 'before'
  /** The request reaches the server, and the connection ends while it works on it. */
  | 'during'
  /** The server has answered, and the answer never reaches the client. */
  | 'after'

/**
 * A TCP proxy on loopback that breaks connections when a test says so: for losing a request or a reply on the way to a real server.
 */
export class TcpProxy {
  readonly port: number
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #links = new Set<Link>()
  readonly #cuts: Record<CutMoment, number> = { before: 0, during: 0, after: 0 }
  #next: { readonly moment: CutMoment; readonly afterMs: number } | undefined
  #isSilent = false

  /** Listens on a free port of 127.0.0.1, and passes everything on to the target. */
  static async listen(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpProxy(server, target)
  }

  private constructor(server: Server, target: { readonly host: string; readonly port: number }) {
    const address = server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : 0
    this.#server = server
    this.#target = target
    server.on('connection', (client) => this.#link(client))
  }

  /**
   * Cuts the connection of the next request that passes; with `during`, so many milliseconds after it was passed on. If the answer
   * comes earlier, it is lost, and the cut counts as `after`.
   */
  cutNext(moment: CutMoment, afterMs = 0): void {
    this.#next = { moment, afterMs }
  }

  /** How many connections were cut at that moment of a request. */
  cuts(moment: CutMoment): number {
    return this.#cuts[moment]
  }

  /** Cuts every connection now. */
  cutAll(): void {
    for (const link of this.#links) link.cut()
  }

  /** From now on nothing passes in either direction, while connections stay open: a network that swallows everything. */
  fallSilent(): void {
    this.#isSilent = true
  }

  /** Ends the silence; what was swallowed is lost, so connections of that time are cut. */
  speak(): void {
    this.#isSilent = false
    this.cutAll()
  }

  async close(): Promise<void> {
    this.cutAll()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #link(client: Socket): void {
    const link = new Link(client, connect(this.#target))
    this.#links.add(link)
    link.onEnd(() => this.#links.delete(link))
    client.on('data', (request) => this.#pass(link, request))
    link.server.on('data', (reply) => this.#answer(link, reply))
  }

  #pass(link: Link, request: Buffer): void {
    if (this.#isSilent || link.isOver) return
    const cut = this.#next
    this.#next = undefined
    if (cut?.moment === 'before') {
      this.#cut(link, 'before')
      return
    }
    link.server.write(request)
    if (cut === undefined) return
    link.isReplyCut = true
    if (cut.moment !== 'during') return
    if (cut.afterMs > 0) setTimeout(() => this.#cut(link, 'during'), cut.afterMs)
    else setImmediate(() => this.#cut(link, 'during'))
  }

  #answer(link: Link, reply: Buffer): void {
    if (link.isReplyCut) this.#cut(link, 'after')
    else if (!this.#isSilent && !link.isOver) link.client.write(reply)
  }

  #cut(link: Link, moment: CutMoment): void {
    if (link.isOver) return
    this.#cuts[moment] += 1
    link.cut()
  }
}

/** A client's connection and the server's, which end together. */
class Link {
  readonly client: Socket
  readonly server: Socket
  isReplyCut = false

  constructor(client: Socket, server: Socket) {
    this.client = client
    this.server = server
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.setNoDelay(true)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  }

  get isOver(): boolean {
    return this.client.destroyed
  }

  onEnd(listener: () => void): void {
    this.client.once('close', listener)
  }

  /** The client sees a reset; the server keeps what it has received. */
  cut(): void {
    this.client.resetAndDestroy()
    this.server.end()
    this.server.destroySoon()
  }
}
