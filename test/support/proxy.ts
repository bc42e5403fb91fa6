import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

function pass(chunk: Buffer, from: Socket, to: Socket) {
  if (to.write(chunk)) return
  from.pause()
  to.once('drain', () => from.resume())
}

interface Link {
  /** Takes everything and passes on nothing. */
  mute: boolean
  readonly sockets: readonly Socket[]
}

/** Where a proxy leads: an address, or the path of a Unix socket. */
const connectTo = (target: string) => {
  if (target.startsWith('/')) return connect(target)
  const { hostname, port } = new URL(target)
  return connect(Number(port), hostname)
}

/** A TCP proxy before a server, on which the way to it can break. */
export async function startProxy(target: string) {
  const links = new Set<Link>()
  let mute = false
  let down = false
  let heed: (received: number) => void = () => {}
  let received = 0
  const server = createServer((client) => {
    if (down) return client.destroy()
    const upstream = connectTo(target)
    const link = { mute, sockets: [client, upstream] }
    links.add(link)
    for (const socket of link.sockets) {
      socket.on('error', () => {})
      socket.on('close', () => {
        links.delete(link)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk) => {
      received += chunk.length
      heed(received)
      if (!link.mute) pass(chunk, client, upstream)
    })
    upstream.on('data', (chunk) => {
      if (!link.mute) pass(chunk, upstream, client)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cut = () => {
    for (const { sockets } of links) for (const socket of sockets) socket.destroy()
  }
  const silence = () => {
    for (const link of links) link.mute = true
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
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
    /** Takes everything from now on and passes on nothing. */
    hang: () => {
      mute = true
      silence()
    },
    /** The same on the connections of now; new ones work. */
    silence,
    /** Lets new connections work again. Those that hung have lost what was sent, and stay mute. */
    up: () => {
      down = false
      mute = false
    },
    /** Tells how many bytes clients have sent. */
    onReceived: (listener: (received: number) => void) => {
      heed = listener
    },
  }
}
