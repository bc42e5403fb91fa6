import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { Client } from '../client.ts'
import { until } from '../processes.ts'
import type { RunningServer } from '../server.ts'
import { storedFiles } from '../media/stored-files.ts'

const made = (type: string, field: string) =>
  `__typename ... on Failure { message } ... on ${type} { ${field} { id } }`

const documents = {
  shelf: `mutation ($input: CreateBookshelfInput!) { result: createBookshelf(input: $input) {
    ${made('CreateBookshelfSuccess', 'made: bookshelf')} } }`,
  book: `mutation ($input: CreateBookInput!) { result: createBook(input: $input) {
    ${made('CreateBookSuccess', 'made: book')} } }`,
  block: `mutation ($input: CreateBlockInput!) { result: createBlock(input: $input) {
    ${made('CreateBlockSuccess', 'made: block')} } }`,
}

async function make(client: Client, document: string, input: Record<string, unknown>): Promise<string> {
  const answer = await client.send(document, { input })
  const { result } = (answer.data ?? {}) as { result?: { made?: { id: string } } }
  if (!result?.made) throw new Error(JSON.stringify(answer))
  return result.made.id
}

/** A shelf with one book with one block, made over HTTP. */
export async function makeLibrary(client: Client, name = 'Shelf') {
  const shelfId = await make(client, documents.shelf, { name })
  const bookId = await make(client, documents.book, { bookshelfId: shelfId, title: 'Book' })
  const blockId = await make(client, documents.block, { bookId, content: 'Block' })
  return {
    shelfId,
    bookId,
    blockId,
    cover: { ownerType: 'BOOKSHELF', ownerId: shelfId, role: 'COVER' },
    images: { ownerType: 'BLOCK', ownerId: blockId, role: 'IMAGE' },
  }
}

/** The names of the bookshelves, in their order. */
export async function shelfNames({ url }: Pick<RunningServer, 'url'>) {
  const answer = await new Client(url).send('{ bookshelves { nodes { name } } }')
  const { bookshelves } = answer.data as { bookshelves: { nodes: { name: string }[] } }
  return bookshelves.nodes.map(({ name }) => name)
}

/** A connection to the embedded database of a server, beside it. */
export async function connectTo({ dataDir }: Pick<RunningServer, 'dataDir'>): Promise<pg.Client> {
  const client = new pg.Client({
    host: join(dataDir, 'socket'),
    port: 5432,
    user: 'wordloom',
    database: 'wordloom',
  })
  // It may be killed under us; a query then fails.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Resolves when somebody waits for a lock that this connection has. */
export async function untilBlocking(client: pg.Client) {
  const blocked = 'select from pg_locks where pg_backend_pid() = any(pg_blocking_pids(pid))'
  await until(async () => (await client.query(blocked)).rows.length > 0)
}

/** Runs one statement in the embedded database of a server. */
export async function queryDatabase<Row extends object>(
  server: Pick<RunningServer, 'dataDir'>,
  statement: string,
): Promise<Row[]> {
  const client = await connectTo(server)
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

/** How much a server has stored: rows about pictures, and files in its storage. */
export async function stored(server: RunningServer, storageDir = join(server.dataDir, 'storage')) {
  const [rows] = await queryDatabase<{ blobs: number; media: number }>(
    server,
    `select (select count(*)::int from blobs) as blobs, (select count(*)::int from media) as media`,
  )
  const files = await storedFiles(server.dataDir, 'files', storageDir)
  const incoming = await readdir(join(storageDir, 'incoming'))
  return { ...rows, files: files.size, incoming: incoming.length }
}
