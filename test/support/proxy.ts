import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

function pass(chunk: Buffer, from: Socket, to: Socket) {
  if (to.write(chunk)) return
  from.pause()
  to.once('drain', () => from.resume())
}

/** A TCP proxy before a server, on which the way to it can break. */
export async function startProxy(target: string) {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let mute = false
  let down = false
  let heed: (received: number) => void = () => {}
  let received = 0
  const server = createServer((client) => {
    if (down) return client.destroy()
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk) => {
      received += chunk.length
      heed(received)
      if (!mute) pass(chunk, client, upstream)
    })
    upstream.on('data', (chunk) => {
      if (!mute) pass(chunk, upstream, client)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url,
    /** Ends every connection and takes no more. */
    close: () => {
      server.close()
      cut()
    },
    cut,
    /** Ends every connection, and each new one at once. */
    down: () => {
      down = true
      cut()
    },
    up: () => {
      down = false
    },
    /** Takes everything from now on and passes on nothing. */
    hang: () => {
      mute = true
    },
    /** Tells how many bytes clients have sent. */
    onReceived: (listener: (received: number) => void) => {
      heed = listener
    },
  }
}
