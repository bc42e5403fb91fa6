import { expect, test } from 'vitest'
import { copiedAtOnce } from '../../src/domain/copies.ts'
import { runCopy } from '../../src/usecases/copies/run-copy.ts'
import { ask, useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { delivered, runMessage } from '../support/jobs/running-jobs.ts'
import { buildWholeBook } from '../support/library/copied-library.ts'
import { fillBlocks } from '../support/trash/purging.ts'

const database = useDatabase()
const api = useApi(database)

const copyBook = `mutation ($input: CopyBookInput!) { copyBook(input: $input) {
  ... on CopyBookSuccess { book { id title cover { id sha256 } } job { id jobKind jobStatus } }
  ... on Failure { message } } }`

interface Copied {
  readonly copyBook: {
    readonly book: { readonly id: string; readonly title: string; readonly cover: object | null } | null
    readonly job: { readonly id: string } | null
  }
}

test('a picture of a block becomes the cover of its book with one mutation, which answers with the new cover', async () => {
  const { ctx, client } = await api.workspace()
  const { book, picture, cover } = await buildWholeBook(ctx)
  const slot = { ownerType: 'BOOK', ownerId: book.id, role: 'COVER' }
  const moveMedia = `mutation ($input: MoveMediaInput!) { moveMedia(input: $input) {
    ... on MoveMediaSuccess { decision media { id } replaced { id } }
    ... on AlreadyInSlot { message media { id } } } }`
  const input = { mediaId: picture.id, slot }
  expect(await ask(client, moveMedia, { input })).toMatchObject({ moveMedia: { media: { id: cover.id } } })
  const shelf = { ownerType: 'BOOKSHELF', ownerId: book.bookshelfId, role: 'COVER' }
  const attachMedia = `mutation ($input: AttachMediaInput!) { attachMedia(input: $input) {
    ... on AttachMediaSuccess { decision media { mediaKind owner { id } altText } replaced { trash { reason } }
      query { bookshelf(id: "${book.bookshelfId}") { cover { sha256 } } } } } }`
  expect(await ask(client, attachMedia, { input: { mediaId: picture.id, slot: shelf } })).toEqual({
    attachMedia: {
      decision: 'REPLACE',
      media: { mediaKind: 'BOOKSHELF_COVER', owner: { id: book.bookshelfId }, altText: 'A stage' },
      replaced: { trash: { reason: 'Replaced by a new cover.' } },
      query: { bookshelf: { cover: { sha256: picture.sha256 } } },
    },
  })
})

test('a small copy is in the answer; a large one is a job that leads to it', async () => {
  const { ctx, client } = await api.workspace()
  const { book, cover } = await buildWholeBook(ctx)
  const small = await ask<Copied>(client, copyBook, { input: { bookId: book.id, include: { tags: false } } })
  expect(small.copyBook).toMatchObject({
    book: { title: 'Rockets', cover: { sha256: cover.sha256 } },
    job: null,
  })

  await fillBlocks(ctx, book, copiedAtOnce)
  const input = { bookId: book.id, title: 'Large', idempotencyKey: 'large' }
  const { copyBook: asked } = await ask<Copied>(client, copyBook, { input })
  expect(asked).toMatchObject({ book: null, job: { jobKind: 'COPY_ITEMS', jobStatus: 'QUEUED' } })
  const report = `... on CopyReport { itemIds item { ... on Book { title } } itemCount indexedCount failureMessage }`
  const jobOf = `query ($id: ID!) { job(id: $id) { jobStatus progress { done total } result { ${report} } } }`
  expect(await ask(client, jobOf, { id: asked.job?.id })).toEqual({
    job: { jobStatus: 'QUEUED', progress: { done: 0, total: null }, result: null },
  })
  await runMessage(ctx, await delivered(ctx, 'copy-items'), runCopy)
  const count = 1 + copiedAtOnce + 2 + 2
  const { copyBook: again } = await ask<Copied>(client, copyBook, { input })
  expect(again).toMatchObject({ book: { title: 'Large' }, job: { jobStatus: 'DONE' } })
  const result = {
    itemIds: [again.book?.id],
    item: { title: 'Large' },
    itemCount: count,
    indexedCount: count,
  }
  expect(await ask(client, jobOf, { id: asked.job?.id })).toEqual({
    job: {
      jobStatus: 'DONE',
      progress: { done: count, total: count },
      result: { ...result, failureMessage: null },
    },
  })
})

test('what cannot be copied is a failure, not an error', async () => {
  const { ctx, client } = await api.workspace()
  const { book } = await buildWholeBook(ctx)
  const input = { bookId: 'nonsense', afterId: book.id }
  const { copyBook: refused } = await ask<{ copyBook: { message: string } }>(client, copyBook, { input })
  expect(refused.message).toContain('no live')
  const copyBlocks = `mutation ($input: CopyBlocksInput!) { copyBlocks(input: $input) {
    ... on CopyBlocksSuccess { blocks { id } } ... on InvalidInput { issues { path } } } }`
  expect(await ask(client, copyBlocks, { input: { blockIds: [], bookId: book.id } })).toEqual({
    copyBlocks: { issues: [{ path: 'blockIds' }] },
  })
})
