import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on which everything takes its time, as between two cities; round trips are then what counts. */
export interface SlowLine extends AsyncDisposable {
  readonly port: number
}

/** @param roundTripMs of one byte there and one back */
export async function slowLine(target: { readonly host: string; readonly port: number }, roundTripMs: number): Promise<SlowLine> {
  const sockets = new Set<Socket>()
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (piece) => setTimeout(() => to.writable && to.write(piece), roundTripMs / 2))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  const server = createServer((client) => {
    const there = connect(target)
    pass(client, there)
    pass(there, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
