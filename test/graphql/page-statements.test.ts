import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { parse, print, separateOperations } from 'graphql'
import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

const text = await readFile(new URL('../e2e/frontend/operations.graphql', import.meta.url), 'utf8')
const operations = separateOperations(parse(text))

/** A library, and what the queries of the example page ask about it. */
async function library(shelves: number, books: number) {
  const { ctx, client } = await api.workspace()
  await fillLibrary(database.db.pool, ctx.actor.workspaceId, { shelves, books, blocks: 2, images: 1 })
  const where = { workspaceId: ctx.actor.workspaceId }
  const { id: shelf } = await database.db.prisma.bookshelf.findFirstOrThrow({ where, orderBy: { id: 'asc' } })
  const trashed = await database.db.prisma.book.findMany({ where, orderBy: { id: 'desc' }, take: shelves })
  for (const { id } of trashed) succeeded(await trashItem(ctx, { kind: 'BOOK', id }))
  const variables = { Shelf: { id: shelf }, StaleItem: { id: trashed[0]?.id } }
  return { client, variables: variables as Partial<Record<string, Record<string, unknown>>> }
}

const libraries: ReturnType<typeof library>[] = []
const both = () => {
  if (libraries.length === 0) libraries.push(library(2, 3), library(20, 22))
  return Promise.all(libraries)
}

test.each([
  ['Shelves', 6],
  ['Shelf', 5],
  ['Picker', 3],
  ['Trash', 3],
  ['StaleItem', 4],
])('%s of the example page takes %d statements, however much there is', async (name, expected) => {
  const document = operations[name]
  if (!document) throw new Error(`There is no operation ${name}.`)
  const counts: number[] = []
  for (const { client, variables } of await both()) {
    const sent = await statementsOf(async () => {
      const data = await ask(client, print(document), variables[name])
      const answer = JSON.stringify({ data })
      if (process.env['SHOW_BYTES']) console.log('BYTES', name, answer.length, gzipSync(answer).length)
    })
    counts.push(sent.length)
  }
  expect(counts).toEqual([expected, expected])
})
