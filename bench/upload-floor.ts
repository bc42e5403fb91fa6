import { createServer } from 'node:http'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { rename } from 'node:fs/promises'
import { receiveInto } from '../src/storage/receive.ts'
import { Failure } from '../src/domain/failure.ts'

// The floor of uploads: node:http that writes the body of a request to the disk, hashes it, syncs it and gives it its name.
// No multipart, no GraphQL, no database, no look at what it is.
const folder = await mkdtemp(join(process.cwd(), 'floor-'))
let count = 0

const server = createServer((request, response) => {
  const path = join(folder, String((count += 1)))
  receiveInto(`${path}.part`, request, Number.MAX_SAFE_INTEGER)
    .then(async (received) => {
      if (received instanceof Failure) throw new Error(received.message)
      await rename(received.path, path)
      response.end(JSON.stringify({ sha256: received.sha256 }))
    })
    .catch((error: unknown) => response.writeHead(500).end(String(error)))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) process.send?.({ url: `http://127.0.0.1:${address.port}/` })
})
process.on('SIGTERM', () => process.exit(0))
