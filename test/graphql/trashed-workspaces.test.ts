import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildBook, buildPicture, imagesOf, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { begin, call } from '../support/media/resumable.ts'

const database = useDatabase()
const api = useApi(database)

const trashDocument = `mutation ($input: TrashWorkspaceInput!) {
  trashWorkspace(input: $input) {
    __typename
    ... on Failure { message }
    ... on TrashWorkspaceSuccess {
      trashedWorkspace {
        workspace { id name storage { usedBytes } }
        deletedAt deletedBy { id } reason purgeAfter expired viewerCanRestore
      }
      query { workspaces(last: 1) { nodes { id } } }
    }
    ... on WorkspaceAlreadyInTrash { trashedWorkspace { workspace { id } purgeAfter } }
  }
}`
const restoreDocument = `mutation ($workspaceId: ID!) {
  restoreWorkspace(input: { workspaceId: $workspaceId }) {
    __typename
    ... on Failure { message }
    ... on RestoreWorkspaceSuccess { workspace { id name } query { trashedWorkspaces { totalCount } } }
    ... on WorkspaceNotInTrash { workspace { id } }
  }
}`
const listDocument = `query ($after: String) {
  trashedWorkspaces(first: 1, after: $after) {
    totalCount
    nodes { workspace { id } reason viewerCanRestore }
    pageInfo { hasNextPage endCursor }
  }
}`

const operator = () => api.client()
const idOf = ({ ctx }: Workspace) => ctx.actor.workspaceId

async function trash(workspace: Workspace, reason?: string) {
  const input = { confirmName: 'Test', reason }
  return (await ask<{ trashWorkspace: object }>(workspace.client, trashDocument, { input })).trashWorkspace
}

interface Listed {
  readonly trashedWorkspaces: {
    readonly totalCount: number
    readonly nodes: { workspace: { id: string }; viewerCanRestore: boolean }[]
    readonly pageInfo: { hasNextPage: boolean; endCursor: string }
  }
}

test('a trashed workspace leaves one list for the other, newest first, and comes back', async () => {
  const [one, two] = [await api.workspace(), await api.workspace()]
  expect(await trash(one, 'Old')).toMatchObject({
    __typename: 'TrashWorkspaceSuccess',
    trashedWorkspace: {
      workspace: { id: idOf(one), name: 'Test' },
      deletedBy: { id: 'owner' },
      reason: 'Old',
      expired: false,
      // Only requests to the default workspace restore.
      viewerCanRestore: false,
    },
    query: { workspaces: { nodes: [{ id: idOf(two) }] } },
  })
  await trash(two)
  const first = await ask<Listed>(operator(), listDocument)
  expect(first.trashedWorkspaces).toMatchObject({
    totalCount: 2,
    nodes: [{ workspace: { id: idOf(two) }, viewerCanRestore: true }],
    pageInfo: { hasNextPage: true },
  })
  const after = first.trashedWorkspaces.pageInfo.endCursor
  const second = await ask<Listed>(operator(), listDocument, { after })
  expect(second.trashedWorkspaces).toMatchObject({
    nodes: [{ workspace: { id: idOf(one) } }],
    pageInfo: { hasNextPage: false },
  })
  const all = await ask<{ workspaces: { nodes: { id: string }[] } }>(
    operator(),
    '{ workspaces(first: 100) { nodes { id } } }',
  )
  expect(all.workspaces.nodes.map(({ id }) => id)).not.toContain(idOf(one))

  const again = await ask<{ trashWorkspace: object }>(operator(), trashDocument, {
    input: { workspaceId: idOf(one), confirmName: 'Test' },
  })
  expect(again.trashWorkspace).toMatchObject({
    __typename: 'WorkspaceAlreadyInTrash',
    trashedWorkspace: { workspace: { id: idOf(one) } },
  })
  const restore = async (workspace: Workspace) =>
    (await ask<{ restoreWorkspace: object }>(operator(), restoreDocument, { workspaceId: idOf(workspace) }))
      .restoreWorkspace
  expect(await restore(one)).toMatchObject({
    __typename: 'RestoreWorkspaceSuccess',
    workspace: { id: idOf(one) },
    query: { trashedWorkspaces: { totalCount: 1 } },
  })
  expect(await restore(one)).toMatchObject({
    __typename: 'WorkspaceNotInTrash',
    workspace: { id: idOf(one) },
  })
  expect(await restore(two)).toMatchObject({ __typename: 'RestoreWorkspaceSuccess' })
})

test('every entry point answers for a trashed workspace as for one that does not exist', async () => {
  const workspace = await api.workspace()
  const unknown = '01900000-0000-7000-8000-0000000000ff'
  const book = await buildBook(workspace.ctx)
  const block = await buildBlock(workspace.ctx, { bookId: book.id })
  const { media } = await buildPicture(workspace.ctx, imagesOf(block.id))
  const { media: gone } = await buildPicture(workspace.ctx, imagesOf(block.id))
  succeeded(await trashItem(workspace.ctx, { kind: 'MEDIA', id: gone.id }))
  const { media: urls } = await ask<{ media: { url: string; thumbnailUrl: string } }>(
    workspace.client,
    `{ media(id: "${media.id}") { url thumbnailUrl } }`,
  )
  const metadata = { ownerType: 'BLOCK', ownerId: block.id, role: 'IMAGE' }
  const resumable = await begin(api.url, 10, metadata, workspace.client.headers)
  expect(resumable.response.status).toBe(201)
  const signed = [urls.url, urls.thumbnailUrl, urls.url.replace('/media/', '/api/images/')].map(
    (url) => new URL(url, api.url).href,
  )
  for (const url of signed) expect((await fetch(url)).status).toBe(200)

  const answerOf = async (response: Response) => ({
    status: response.status,
    type: response.headers.get('content-type'),
    body: await response.text(),
  })
  /** The same requests with the ID of one workspace or another. */
  const answers = async (id: string) => {
    const headers = { 'x-workspace-id': id }
    const json = { ...headers, 'content-type': 'application/json' }
    const post = { method: 'POST', headers: json, body: JSON.stringify({ query: '{ workspace { id } }' }) }
    const plain = [
      fetch(`${api.url}/graphql`, post),
      fetch(`${api.url}/graphql?query={workspace{id}}`, { headers: { ...json } }),
      fetch(`${api.url}/media/${media.id}?workspace=${id}`),
      fetch(`${api.url}/media/${media.id}/thumbnail`, { headers }),
      fetch(`${api.url}/media/${gone.id}?trashed=true`, { headers }),
      fetch(`${api.url}/api/images/${media.id}`, { headers }),
      fetch(`${api.url}/api/posts/${book.id}/assets`, { headers }),
      fetch(`${api.url}/api/images`, { method: 'POST', headers }),
      call(`${api.url}/uploads`, 'POST', { ...headers, 'upload-length': '10' }),
      call(resumable.url, 'HEAD', headers),
      call(resumable.url, 'DELETE', headers),
    ]
    return Promise.all(plain.map(async (response) => answerOf(await response)))
  }
  expect(await trash(workspace)).toMatchObject({ __typename: 'TrashWorkspaceSuccess' })
  const refused = await answers(idOf(workspace))
  expect(refused).toEqual(await answers(unknown))
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([400]))
  for (const url of signed) expect((await fetch(url)).status).toBe(404)
  const permanent = await fetch(`${api.url}/media/${media.id}`, { redirect: 'manual' })
  expect(permanent.status).toBe(404)

  await ask(operator(), restoreDocument, { workspaceId: idOf(workspace) })
  for (const url of signed) expect((await fetch(url)).status).toBe(200)
  expect((await call(resumable.url, 'HEAD', workspace.client.headers)).status).toBe(200)
})

test('what follows in the request that trashes its workspace is refused in the same words', async () => {
  const workspace = await api.workspace()
  const answer = await workspace.client.send(
    `mutation {
      trashWorkspace(input: { confirmName: "Test" }) { __typename }
      createBookshelf(input: { name: "Late" }) { __typename }
    }`,
  )
  const { status, errors } = answer
  expect(errors[0]?.extensions?.code).toBe('WORKSPACE_REQUIRED')
  expect(errors[0]?.message).toContain('names no existing workspace')
  expect({ status, data: answer.data as unknown }).toEqual({ status: 400, data: null })
  const shelves = await database.db.prisma.bookshelf.count({ where: { workspaceId: idOf(workspace) } })
  expect(shelves).toBe(0)
})
