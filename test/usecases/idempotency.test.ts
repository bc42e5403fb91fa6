import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Failure, InvalidInput, NotFound } from '../../src/domain/failure.ts'
import { createBlock, moveBlock, updateBlock } from '../../src/usecases/library/blocks.ts'
import { createBook } from '../../src/usecases/library/books.ts'
import { createBookshelf } from '../../src/usecases/library/bookshelves.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { forgetIdempotencyKeys, rememberedDays } from '../../src/usecases/forget-idempotency-keys.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import { createWorkspace } from '../../src/usecases/workspaces.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { stateOf } from '../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

interface Request {
  readonly send: (ctx: Ctx, key: string) => Promise<unknown>
  readonly sendOther: (ctx: Ctx, key: string) => Promise<unknown>
}

/** Each operation with a key: a request, and another one. */
const requests: Record<string, (ctx: Ctx) => Promise<Request>> = {
  createWorkspace: async () => ({
    send: (ctx, idempotencyKey) => createWorkspace(ctx, { name: 'A', idempotencyKey }),
    sendOther: (ctx, idempotencyKey) => createWorkspace(ctx, { name: 'B', idempotencyKey }),
  }),
  createBookshelf: async () => ({
    send: (ctx, idempotencyKey) => createBookshelf(ctx, { name: 'A', color: '#112233', idempotencyKey }),
    sendOther: (ctx, idempotencyKey) => createBookshelf(ctx, { name: 'A', color: '#112234', idempotencyKey }),
  }),
  createBook: async (owner) => {
    const { id: bookshelfId } = await buildShelf(owner)
    return {
      send: (ctx, idempotencyKey) => createBook(ctx, { bookshelfId, title: 'A', idempotencyKey }),
      sendOther: (ctx, idempotencyKey) =>
        createBook(ctx, { bookshelfId, title: 'A', summary: 'S', idempotencyKey }),
    }
  },
  createBlock: async (owner) => {
    const { id: bookId } = await buildBook(owner)
    const { id: afterId } = await buildBlock(owner, { bookId })
    return {
      send: (ctx, idempotencyKey) => createBlock(ctx, { bookId, attributes: { a: 1, b: 2 }, idempotencyKey }),
      sendOther: (ctx, idempotencyKey) =>
        createBlock(ctx, { bookId, afterId, attributes: { a: 1, b: 2 }, idempotencyKey }),
    }
  },
  uploadMedia: async (owner) => {
    const slot = imagesOf((await buildBlock(owner)).id)
    // The same bytes under another key would be a duplicate.
    const sending = () => {
      const pictures = new Map<string, Promise<Buffer>>()
      return async (ctx: Ctx, idempotencyKey: string) => {
        const picture = pictures.get(idempotencyKey) ?? photograph()
        pictures.set(idempotencyKey, picture)
        const stream = Readable.from([await picture])
        return undecided(await uploadMedia(ctx, { slot, fileName: 'a.jpg', stream, idempotencyKey }))
      }
    }
    return { send: sending(), sendOther: sending() }
  },
}

/** A result without its decision: that of a repeated request is `NOOP`, whatever that of the first one was. */
function undecided<Result extends object>(result: Result) {
  return 'decision' in result ? { ...result, decision: undefined } : result
}

const operations = Object.entries(requests)

test.each(operations)(
  'a repeated %s gives the first result again and writes nothing',
  async (_name, prepare) => {
    const ctx = await buildCtx(database.db)
    const { send } = await prepare(ctx)
    const first = succeeded(await send(ctx, 'key'))
    const before = await stateOf(ctx)
    ctx.clock.ms += 1000
    expect(await send(ctx, 'key')).toEqual(first)
    expect(await stateOf(ctx)).toEqual(before)
  },
)

test.each(operations)('%s with a used key and other input is refused', async (_name, prepare) => {
  const ctx = await buildCtx(database.db)
  const { send, sendOther } = await prepare(ctx)
  succeeded(await send(ctx, 'key'))
  const before = await stateOf(ctx)
  expect(await sendOther(ctx, 'key')).toMatchObject({
    __typename: 'IdempotencyKeyReused',
    idempotencyKey: 'key',
  })
  expect(await stateOf(ctx)).toEqual(before)
})

test.each(operations)(
  '10 times the same %s at once is done once, and all get its result',
  async (name, prepare) => {
    const ctx = await buildCtx(database.db)
    const { send } = await prepare(ctx)
    const first = succeeded(await send(ctx, 'first'))
    const one = await stateOf(ctx)
    const results = await Promise.all(Array.from({ length: 10 }, () => send(ctx, 'at once')))
    for (const result of results) expect(succeeded(result)).toEqual(results[0])
    expect(results[0]).not.toEqual(first)
    const both = await stateOf(ctx)
    const grown = (table: 'idempotency_keys' | 'bookshelves' | 'books' | 'blocks' | 'media') =>
      both.rows[table].length - one.rows[table].length
    expect(grown('idempotency_keys')).toBe(1)
    expect(grown('bookshelves') + grown('books') + grown('blocks') + grown('media')).toBe(
      name === 'createWorkspace' ? 0 : 1,
    )
  },
)

test('null is a value in attributes, and nothing elsewhere', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const send = (attributes: Record<string, unknown>, afterId?: null) =>
    createBlock(ctx, { bookId, attributes, ...(afterId === null && { afterId }), idempotencyKey: 'key' })
  const first = succeeded(await send({ lang: null, a: { b: [null] } }))
  expect(await send({ a: { b: [null] }, lang: null }, null)).toEqual(first)
  for (const other of [{ a: { b: [null] } }, { lang: null, a: { b: [] } }, { lang: null, a: {} }])
    expect(await send(other)).toMatchObject({ __typename: 'IdempotencyKeyReused' })
})

test('a key that another operation used is refused', async () => {
  const ctx = await buildCtx(database.db)
  succeeded(await createBookshelf(ctx, { name: 'A', idempotencyKey: 'key' }))
  expect(await createWorkspace(ctx, { name: 'A', idempotencyKey: 'key' })).toMatchObject({
    __typename: 'IdempotencyKeyReused',
  })
})

test('a key of another workspace is another key', async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const ours = succeeded(await createBookshelf(mine, { name: 'Mine', idempotencyKey: 'key' }))
  const other = succeeded(await createBookshelf(theirs, { name: 'Theirs', idempotencyKey: 'key' }))
  expect(other).toMatchObject({ name: 'Theirs', workspaceId: theirs.actor.workspaceId })
  expect(other.id).not.toBe(ours.id)
})

test('a request that was refused leaves its key free, so that it can be sent again when it is put right', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id }))
  const request = { bookshelfId: shelf.id, title: 'A', idempotencyKey: 'key' }
  expect(await createBook(ctx, request)).toBeInstanceOf(NotFound)
  const other = await buildShelf(ctx)
  succeeded(await createBook(ctx, { ...request, bookshelfId: other.id }))
})

test('fields that are left out are the same request as null and in another order', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const idempotencyKey = 'key'
  const first = await createBlock(ctx, {
    bookId,
    content: 'A',
    attributes: { a: 1, b: [1, 2] },
    idempotencyKey,
  })
  const again = { idempotencyKey, afterId: null, attributes: { b: [1, 2], a: 1 }, content: 'A', bookId }
  expect(succeeded(await createBlock(ctx, again))).toEqual(first)
  const reordered = { bookId, content: 'A', attributes: { a: 1, b: [2, 1] }, idempotencyKey }
  expect(await createBlock(ctx, reordered)).toBeInstanceOf(Failure)
})

test('a repeated request gives what the first one made as it is now, be it changed, moved or in the trash', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const request = { bookId, content: 'A', idempotencyKey: 'key' }
  const { id } = succeeded(await createBlock(ctx, request))
  const elsewhere = await buildBook(ctx)
  succeeded(await updateBlock(ctx, { blockId: id, content: 'B' }))
  succeeded(await moveBlock(ctx, { blockId: id, bookId: elsewhere.id }))
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id }))
  expect(await createBlock(ctx, request)).toMatchObject({
    id,
    content: 'B',
    bookId: elsewhere.id,
    deletionId: deletion.id,
  })
})

test('a repeated upload of a cover gives the cover and what it replaced again', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const [old, bytes] = [await photograph(), await photograph()]
  const send = (sent: Buffer, idempotencyKey: string) =>
    uploadMedia(ctx, { slot, fileName: 'a.jpg', stream: Readable.from([sent]), idempotencyKey })
  const before = succeeded(await send(old, 'old'))
  const first = succeeded(await send(bytes, 'new'))
  expect(first.replaced?.id).toBe(before.media.id)
  const state = await stateOf(ctx)
  expect(await send(bytes, 'new')).toEqual({ ...first, decision: 'NOOP' })
  expect(await stateOf(ctx)).toEqual(state)
})

test.each(['', ' ', 'x'.repeat(201), 'a\0'])('a key like %j is refused', async (idempotencyKey) => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const before = await stateOf(ctx)
  const upload = {
    slot: coverOf('BOOK', bookId),
    fileName: 'a',
    stream: Readable.from(['a']),
    idempotencyKey,
  }
  const refusals = [
    await createWorkspace(ctx, { name: 'A', idempotencyKey }),
    await createBookshelf(ctx, { name: 'A', idempotencyKey }),
    await createBlock(ctx, { bookId, idempotencyKey }),
    await uploadMedia(ctx, upload),
  ]
  for (const refusal of refusals) {
    expect(refusal).toBeInstanceOf(InvalidInput)
    expect(refusal).toMatchObject({ issues: [{ path: 'idempotencyKey' }] })
  }
  expect(await stateOf(ctx)).toEqual(before)
})

test('keys are forgotten when they are too old to be repeated, and not before', async () => {
  const ctx = await buildCtx(database.db)
  const request = { name: 'A', idempotencyKey: 'key' }
  const first = succeeded(await createBookshelf(ctx, request))
  ctx.clock.ms += rememberedDays * 24 * 60 * 60 * 1000
  await forgetIdempotencyKeys(ctx)
  expect(await createBookshelf(ctx, request)).toEqual(first)
  ctx.clock.ms += 1
  await forgetIdempotencyKeys(ctx)
  expect(succeeded(await createBookshelf(ctx, request)).id).not.toBe(first.id)
})
