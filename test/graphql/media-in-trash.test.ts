import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import { ask, useApi } from '../support/api.ts'
import { buildBook, buildPicture, coverOf } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { trash } from '../support/trash/restoring.ts'
import { fieldPart, filePart, boundary, multipartBody } from '../support/wire.ts'

const database = useDatabase()
const api = useApi(database)

interface Restored {
  readonly restoreItem: { readonly item: { readonly id: string }; readonly replaced: { readonly id: string } }
}

const selection = `{ __typename ... on RestoreItemSuccess { item { id } replaced { id } } ... on Failure { message } }`

const upload = `mutation ($input: UploadMediaInput!) { uploadMedia(input: $input) { __typename
  ... on MediaInTrash { message media { id } deletion { id itemCount }
    restoreItem { itemId slot { ownerType ownerId role } whenTaken } } } }`

interface Offer {
  readonly message: string
  readonly media: { readonly id: string }
  readonly deletion: { readonly id: string; readonly itemCount: number }
  readonly restoreItem: { readonly itemId: string; readonly slot: object; readonly whenTaken: string }
}

/** A picture that went to the trash with its book, and the answer to an upload of its bytes as the cover of another. */
async function buildOffer() {
  const { ctx, client } = await api.workspace()
  const [one, other] = [await buildBook(ctx), await buildBook(ctx)]
  const bytes = await photograph()
  const { media } = await buildPicture(ctx, coverOf('BOOK', one.id), { bytes })
  const { media: occupant } = await buildPicture(ctx, coverOf('BOOK', other.id))
  const deletion = await trash(ctx, 'BOOK', one)
  const slot = coverOf('BOOK', other.id)
  const parts = [
    fieldPart('operations', { query: upload, variables: { input: { file: null, slot } } }),
    fieldPart('map', { 0: ['variables.input.file'] }),
    filePart('0', bytes),
  ]
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'apollo-require-preflight': 'true',
      'x-workspace-id': ctx.actor.workspaceId,
    },
    body: new Uint8Array(multipartBody(parts)),
  })
  const { data } = (await response.json()) as { data: { uploadMedia: Offer } }
  return { ctx, client, media, occupant, deletion, slot, bytes, offer: data.uploadMedia }
}

test('the arguments in the answer restore the picture to where the upload should have gone', async () => {
  const { client, media, occupant, deletion, slot, offer } = await buildOffer()
  expect(offer).toMatchObject({
    __typename: 'MediaInTrash',
    media: { id: media.id },
    deletion: { id: deletion.id, itemCount: 2 },
    restoreItem: { itemId: media.id, slot, whenTaken: 'REPLACE' },
  })
  const { itemId, slot: target, whenTaken } = offer.restoreItem
  const mutation = `mutation ($input: RestoreItemInput!) { restoreItem(input: $input) ${selection} }`
  const { restoreItem } = await ask<Restored>(client, mutation, {
    input: { itemId, target: { slot: target }, whenTaken },
  })
  expect(restoreItem).toMatchObject({ item: { id: media.id }, replaced: { id: occupant.id } })
})

test('the message has the whole mutation, which does the same', async () => {
  const { ctx, client, media, occupant, slot, bytes, offer } = await buildOffer()
  const [, call] = /`(restoreItem\(.*?\))`/.exec(offer.message) ?? []
  const { restoreItem } = await ask<Restored>(client, `mutation { ${call} ${selection} }`)
  expect(restoreItem).toMatchObject({ item: { id: media.id }, replaced: { id: occupant.id } })
  const again = await uploadMedia(ctx, { fileName: 'a.jpg', slot, stream: Readable.from([bytes]) })
  expect(again).toMatchObject({ decision: 'DUPLICATE', media: { id: media.id } })
})
