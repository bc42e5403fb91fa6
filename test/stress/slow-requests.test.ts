import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { photograph } from '../support/media/pictures.ts'
import { useDatabase } from '../support/database.ts'

const seconds = 0.3
const database = useDatabase()
const api = useApi(database, { requestSeconds: seconds })
const withSignIn = useApi(database, { requestSeconds: seconds, signIn: true })

const boundary = 'b'
const part = (name: string, text = '') =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${text}`
const formHeaders = `Content-Type: multipart/form-data; boundary=${boundary}\r\nApollo-Require-Preflight: true\r\n`

/** Sends the beginning of a request, then a byte now and then, and gives what the server answers until it closes. */
function trickle(beginning: string, { url } = api): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(port), hostname)
    socket.setEncoding('utf8')
    socket.write(beginning)
    const drops = setInterval(() => socket.write('x'), 20)
    socket.on('data', (text: string) => {
      answer += text
    })
    // The server may close the connection while the client still sends; what it answered has arrived.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(drops)
      resolve(answer)
    })
  })
}

const to = (path: string, headers: string) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n${headers}\r\n`

test.each([
  ['the JSON of a query', to('/graphql', 'Content-Type: application/json\r\n')],
  ['JSON for a path that does not exist', to('/nowhere', 'Content-Type: application/json\r\n')],
  ['the operations of a form', `${to('/graphql', formHeaders)}${part('operations')}\r\n\r\n`],
  [
    'the map of a form',
    `${to('/graphql', formHeaders)}${part('operations')}\r\n\r\n{"query":"{ __typename }"}\r\n${part('map')}\r\n\r\n`,
  ],
  ['a text before the file of an older client', `${to('/api/images', formHeaders)}${part('title')}\r\n\r\n`],
  ['the headers', 'POST /graphql HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
])('a client that sends %s a byte at a time is answered 408 and cut off', async (_what, beginning) => {
  const answer = await trickle(beginning)
  expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  expect(answer).toContain(`The request did not arrive within ${seconds} seconds.`)
})

test.each([
  ['a sign-in', '/auth/sign-in/email', 'application/json'],
  ['a form of a page', '/sign-in', 'application/x-www-form-urlencoded'],
])('so is one that sends %s', async (_what, path, type) => {
  const short = to(path, `Content-Type: ${type}\r\n`).replace('100000', '10000')
  const answer = await trickle(short, withSignIn)
  expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
})

test('a client that is refused before its body arrives cannot go on sending', async () => {
  const answer = await trickle(to('/graphql', 'Content-Type: application/json\r\n'), withSignIn)
  expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/)
})

test('a file takes longer, as long as it moves', async () => {
  const picture = await photograph()
  const head = Buffer.from(`${part('file', '; filename="a.jpg"')}\r\n\r\n`)
  const body = Buffer.concat([head, picture, Buffer.from(`\r\n--${boundary}--\r\n`)])
  const { hostname, port } = new URL(api.url)
  const socket = connect(Number(port), hostname)
  socket.write(
    `POST /api/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n${formHeaders}\r\n`,
  )
  socket.write(body.subarray(0, head.length + 10))
  // As long as a slow text lasts, which began after the file.
  await trickle(to('/graphql', 'Content-Type: application/json\r\n'))
  socket.write(body.subarray(head.length + 10))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  expect(String(answer)).toMatch(/^HTTP\/1\.1 201 Created\r\n/)
})
