/**
 * The floor: what the two operations cost when a program can do nothing else. `node:http` and `pg`, hand-written
 * prepared statements, no GraphQL, no access control, no checks of the input. It is sent the same requests as the server
 * and gives the same answers. PostgreSQL is found by the PG* variables; its URL goes to the parent process.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyBetween } from 'fractional-indexing'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { defaultWorkspaceId } from '../src/domain/access.ts'

// As many connections as the server has by default. Statements that do not depend on each other's results are sent
// together (`pipeline`).
const pool = new pg.Pool({ max: 10, pipeline: true })

/** As long as what makes a URL of the server valid: the floor signs nothing. */
const unsigned = `?s=${'0'.repeat(58)}`

const path = (end: string) => `$2 || '/media/' || media.id || '${end}${unsigned}'`

/** The whole answer as JSON text. $1: the workspace, $2: where the server is reached. */
const nested = `
  select row_to_json(answer)::text as json from (
    select (select row_to_json(data) from (
      select (select row_to_json(connection) from (
        select coalesce(json_agg(shelf), '[]') as nodes from (
          select name, (select row_to_json(connection) from (
            select coalesce(json_agg(book), '[]') as nodes from (
              select title,
                (select row_to_json(cover) from (
                  select ${path('')} as url, ${path('/thumbnail')} as "thumbnailUrl" from media
                  where media.workspace_id = $1 and media.book_id = books.id and role = 'COVER' and deletion_id is null
                ) as cover) as cover,
                (select row_to_json(connection) from (
                  select coalesce(json_agg(block), '[]') as nodes from (
                    select content from blocks where workspace_id = $1 and book_id = books.id and deletion_id is null
                    order by position limit 20
                  ) as block
                ) as connection) as blocks
              from books where workspace_id = $1 and bookshelf_id = bookshelves.id and deletion_id is null
              order by position limit 20
            ) as book
          ) as connection) as books
          from bookshelves where workspace_id = $1 and deletion_id is null order by position limit 20
        ) as shelf
      ) as connection) as bookshelves
    ) as data) as data
  ) as answer`

async function nestedQuery({ headers }: IncomingMessage): Promise<string> {
  const values = [defaultWorkspaceId, `http://${headers.host ?? ''}`]
  const { rows } = await pool.query<{ json: string }>({ name: 'nested', text: nested, values })
  return rows[0]?.json ?? ''
}

const lockBook = `
  select 1 from books where workspace_id = $1 and id = $2 and deletion_id is null for no key update`
const lastPosition = `
  select position from blocks where workspace_id = $1 and book_id = $2 order by position desc limit 1`
const insertBlock = `
  insert into blocks (workspace_id, book_id, id, content, position, written_at, written_by, created_at, updated_at, created_by, updated_by)
  values ($1, $2, $3, $4, $5, now(), 'owner', now(), now(), 'owner', 'owner') returning id, kind, content, version`

interface CreateBlock {
  readonly variables: { readonly input: { readonly bookId: string; readonly content: string } }
}

/**
 * Appends a block in one transaction: lock the book, so that two writers take turns; look for the last position, by a
 * statement of its own that sees what the writer before has committed; insert after it.
 */
async function createBlock(body: string): Promise<string> {
  const { bookId, content } = (JSON.parse(body) as CreateBlock).variables.input
  const values = [defaultWorkspaceId, bookId]
  const client = await pool.connect()
  try {
    const [, book, last] = await Promise.all([
      client.query('begin'),
      client.query({ name: 'lock-book', text: lockBook, values }),
      client.query<{ position: string }>({ name: 'last-position', text: lastPosition, values }),
    ])
    if (book.rowCount !== 1) throw new Error('There is no such book.')
    const position = generateKeyBetween(last.rows[0]?.position ?? null, null)
    const [inserted] = await Promise.all([
      client.query<Record<string, unknown>>({
        name: 'insert-block',
        text: insertBlock,
        values: [...values, uuidv7(), content, position],
      }),
      client.query('commit'),
    ])
    client.release()
    return JSON.stringify({ data: { createBlock: { block: inserted.rows[0] } } })
  } catch (error) {
    client.release(true)
    throw error
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const server = createServer((request, response) => {
  const answer = async () => {
    const body = await bodyOf(request)
    return body.includes('createBlock') ? createBlock(body) : nestedQuery(request)
  }
  answer().then(
    (json) => {
      const bytes = Buffer.from(json)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
      response.end(bytes)
    },
    (error: unknown) => response.writeHead(500).end(String(error)),
  )
})

// Ends with its parent, however that ends.
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
