import { expect, test } from 'vitest'
import { newId } from '../../src/usecases/context.ts'
import { purgeDeletions } from '../../src/usecases/trash/request-purge.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, type Workspace, useApi } from '../support/api.ts'
import { buildMarker, buildPicture, buildTag, markerImagesOf, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

interface Trashed {
  __typename: string
  id: string
  trash: { deletion: { id: string; item: { id: string } }; deletedFrom: { path: string[] } }
}

const find = async ({ client }: Workspace, id: string) =>
  (
    await ask<{ trashedItem: Trashed | null }>(
      client,
      `query ($id: ID!) { trashedItem(id: $id) {
        __typename id trash { deletion { id item { id } } deletedFrom { path } } } }`,
      { id },
    )
  ).trashedItem

/** A checkpoint with a marker with a picture, in the trash with its bookshelf, and a tag. */
async function buildTrash(workspace: Workspace) {
  const { ctx } = workspace
  const marker = await buildMarker(ctx)
  const { media } = await buildPicture(ctx, markerImagesOf(marker.id))
  const { prisma } = database.db
  const { bookId, id: checkpointId } = await prisma.checkpoint.findFirstOrThrow({
    where: { id: marker.checkpointId },
  })
  const { bookshelfId } = await prisma.book.findFirstOrThrow({ where: { id: bookId } })
  const tag = await buildTag(ctx)
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: bookshelfId }))
  const { deletion: ofTag } = succeeded(await trashItem(ctx, { kind: 'TAG', id: tag.id }))
  const members = { bookshelfId, bookId, checkpointId, markerId: marker.id, mediaId: media.id }
  return { deletion, ofTag, members, tagId: tag.id }
}

test('whatever is in the trash is found by its ID, with the deletion that brings it back', async () => {
  const workspace = await api.workspace()
  const { deletion, ofTag, members, tagId } = await buildTrash(workspace)
  for (const id of Object.values(members)) {
    const found = await find(workspace, id)
    expect(found).toMatchObject({
      id,
      trash: { deletion: { id: deletion.id, item: { id: members.bookshelfId } } },
    })
  }
  expect(await find(workspace, tagId)).toMatchObject({
    __typename: 'Tag',
    trash: { deletion: { id: ofTag.id } },
  })
  const { restorePreview } = await ask<{ restorePreview: { itemCount: number } }>(
    workspace.client,
    'query ($id: ID!) { restorePreview(deletionId: $id) { itemCount } }',
    { id: deletion.id },
  )
  expect(restorePreview.itemCount).toBe(5)
  succeeded(await restoreDeletion(workspace.ctx, { deletionId: deletion.id }))
  for (const id of Object.values(members)) expect(await find(workspace, id)).toBeNull()
})

test('what is purged, unknown or of another workspace is null, with the same statements', async () => {
  const [workspace, other] = [await api.workspace(), await api.workspace()]
  const mine = await buildTrash(workspace)
  const theirs = await buildTrash(other)
  succeeded(await purgeDeletions(workspace.ctx, { deletionIds: [mine.deletion.id] }))
  const texts: string[][] = []
  for (const id of [newId(), theirs.members.bookId, mine.members.bookId, mine.members.mediaId]) {
    const sent = await statementsOf(async () => expect(await find(workspace, id)).toBeNull())
    texts.push(sent.map(({ text }) => text))
  }
  for (const sent of texts) expect(sent).toEqual(texts[0])
  expect(await find(workspace, 'none')).toBeNull()
  expect(await find(other, theirs.members.bookId)).not.toBeNull()
})
