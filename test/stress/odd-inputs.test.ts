import { randomUUID } from 'node:crypto'
import { isInputObjectType } from 'graphql'
import { beforeEach, expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import {
  buildBlock,
  buildBook,
  buildMarker,
  buildPicture,
  buildShelf,
  buildTag,
  imagesOf,
  succeeded,
} from '../support/builders.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { fitting, type Ids, long, nested, odd } from '../support/odd-values.ts'
import { currentSchema } from '../support/schema.ts'

const database = useDatabase()
const api = useApi(database)
const withSignIn = useApi(database, { signIn: true })
const schema = currentSchema()
const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {})

/** These do nothing where nobody signs in. */
const ofPeople = ['createApiToken', 'createInvitation', 'deleteViewer', 'updateViewer']

interface Fixture extends Workspace {
  readonly ids: Ids
  readonly owner: Client
}
const opened: { fixture?: Fixture } = {}

beforeEach(async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const block = await buildBlock(ctx, { bookId: book.id })
  const tag = await buildTag(ctx)
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  const marker = await buildMarker(ctx)
  const gone = await buildBlock(ctx, { bookId: book.id })
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: gone.id }))
  const ids = {
    bookshelfId: shelf.id,
    bookId: book.id,
    blockId: block.id,
    checkpointId: marker.checkpointId,
    checkpointMarkerId: marker.id,
    mediaId: media.id,
    deletionId: deletion.id,
    ownerId: block.id,
    tagId: tag.id,
    sourceTagId: tag.id,
    targetTagId: (await buildTag(ctx)).id,
    tagIds: tag.id,
    entityIds: block.id,
    theirs: (await buildBook((await api.workspace()).ctx)).id,
  }
  opened.fixture = { ...workspace, ids, owner: await signedIn(ctx.actor.workspaceId) }
})

/** The client of an owner of the workspace. */
async function signedIn(workspaceId: string) {
  const token = randomUUID()
  await database.db.pool.query(
    `with person as (
       insert into users (id, name, email, created_at, updated_at)
       values (gen_random_uuid(), 'Ada', $2 || '@example.org', now(), now()) returning id),
     member as (
       insert into members (workspace_id, user_id, role, created_at, updated_at)
       select $1, id, 'OWNER', now(), now() from person)
     insert into sessions (id, user_id, token, expires_at, created_at, updated_at)
     select gen_random_uuid(), id, $2, now() + interval '1 hour', now(), now() from person`,
    [workspaceId, token],
  )
  return withSignIn.client({ authorization: `Bearer ${token}` })
}

function here(name: string) {
  const { fixture } = opened
  if (!fixture) throw new Error('It is there from beforeEach on.')
  return { ...fixture, client: ofPeople.includes(name) ? fixture.owner : fixture.client }
}

interface Answer {
  readonly __typename: string
  readonly message?: string
}

const inputOf = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`

const documentOf = (name: string) =>
  `mutation ($input: ${inputOf(name)}!) { answer: ${name}(input: $input) { __typename ... on Failure { message } } }`

function fieldsOf(name: string) {
  const type = schema.getType(inputOf(name))
  if (!isInputObjectType(type)) throw new Error(`${name} takes no input.`)
  return Object.values(type.getFields())
}

const whole = (name: string, ids: Ids) =>
  Object.fromEntries(fieldsOf(name).map((field) => [field.name, fitting(field, ids)]))

test.each(mutations.filter((name) => !name.startsWith('uploadMedia')))(
  '%s: whatever it is sent, the answer is a success, a failure or a refusal, and never an error of the server',
  async (name) => {
    const { client, ids } = here(name)
    const input = whole(name, ids)
    for (const field of fieldsOf(name)) {
      for (const value of odd(field, ids)) {
        const reply = await client.send(documentOf(name), {
          input: { ...input, [field.name]: value },
        })
        const answer = (reply.data as { answer: Answer } | null)?.answer
        const sent = `${field.name}: ${JSON.stringify(value).slice(0, 80)}`
        if (!answer) {
          const code = reply.errors[0]?.extensions?.code
          // JSON that is nested too deeply is refused as a whole.
          const refusal = expect.stringMatching(/^BAD_(USER_INPUT|REQUEST)$/) as string
          // Only owners of the default workspace remove people.
          const refused = name === 'removePerson' && code === 'FORBIDDEN'
          const expected = refused ? { status: 403, code } : { status: 400, code: refusal }
          expect({ sent, status: reply.status, code }).toEqual({ sent, ...expected })
        } else if (!answer.__typename.endsWith('Success')) {
          expect({ sent, message: answer.message }).toEqual({
            sent,
            message: expect.stringMatching(/\w.*\.$/) as string,
          })
        }
      }
    }
  },
  120_000,
)

const texts = mutations.flatMap((name) =>
  fieldsOf(name)
    .filter(({ type }) => /^String!?$/.test(String(type)))
    // File names are cleaned and shortened, as those of uploads are.
    .filter((field) => field.name !== 'fileName')
    // A secret is right or it is not.
    .filter((field) => field.name !== 'secret')
    .map((field) => [name, field.name] as const),
)

test.each(texts.filter(([name]) => !name.startsWith('uploadMedia')))(
  '%s: a %s that PostgreSQL cannot store or that is too long is told by its path',
  async (name, field) => {
    const { client, ids } = here(name)
    for (const value of ['a\0', '\ud800', 'a\udfff', long]) {
      const query = documentOf(name).replace(
        '... on Failure',
        '... on InvalidInput { issues { path } } ... on Failure',
      )
      const data = await ask<{ answer: object }>(client, query, {
        input: { ...whole(name, ids), [field]: value },
      })
      const issues: unknown = expect.arrayContaining([{ path: field }])
      expect(data.answer).toMatchObject({ __typename: 'InvalidInput', issues })
    }
  },
)

test.each([
  ['NUL in a value', { a: '\0' }],
  ['NUL in a name', { '\0': 1 }],
  ['a lone surrogate in a value', { a: ['\ud800'] }],
  ['a lone surrogate in a name', { b: { '\udc00': 1 } }],
  ['nine levels', nested(9)],
  ['forty levels', nested(40)],
  ['more than 16 KiB', { a: 'x'.repeat(16 * 1024) }],
])('attributes with %s are refused by their path', async (_what, attributes) => {
  const { client, ids } = here('')
  const query = `mutation ($input: CreateBlockInput!) { answer: createBlock(input: $input) { __typename ... on InvalidInput { issues { path } } } }`
  const data = await ask<object>(client, query, { input: { bookId: ids['bookId'], attributes } })
  expect(data).toEqual({ answer: { __typename: 'InvalidInput', issues: [{ path: 'attributes' }] } })
})

test('a number that JSON cannot keep is refused as attributes', async () => {
  const { client, ids } = here('')
  const message = expect.stringMatching(/1e999 .*Give it as a string/) as string
  const literal = `mutation { answer: createBlock(input: { bookId: "${ids['bookId']}", attributes: { a: 1e999 } }) { __typename } }`
  expect(await client.send(literal)).toMatchObject({ errors: [{ message }] })
  const body = `{"query":${JSON.stringify(documentOf('createBlock'))},"variables":{"input":{"bookId":"${ids['bookId']}","attributes":{"a":1e999}}}}`
  const headers = { ...client.headers, 'content-type': 'application/json' }
  const response = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ errors: [{ message }] })
})

test.each(['{ a: WORD }', '{ a: { b: [1, WORD] } }'])(
  'a text without quotes in attributes %s is refused',
  async (literal) => {
    const { client, ids } = here('')
    const { errors } = await client.send(
      `mutation { answer: createBlock(input: { bookId: "${ids['bookId']}", attributes: ${literal} }) { __typename } }`,
    )
    expect(errors[0]?.message).toMatch(/WORD.*quotes/)
  },
)

test('attributes come back as they were sent', async () => {
  const { client, ids } = here('')
  const attributes = {
    level: 2,
    'ключ 书 😀': [1.5, -0.25, 1e21, true, null, { '': 'x' }],
    constructor: { toString: 1 },
  }
  const query = `mutation ($input: CreateBlockInput!) {
    answer: createBlock(input: $input) { ... on CreateBlockSuccess { block { attributes } } } }`
  expect(await ask(client, query, { input: { bookId: ids['bookId'], attributes } })).toEqual({
    answer: { block: { attributes } },
  })
})

test.each([
  ['an empty name', '', {}],
  ['a name of nothing but dots', '..', {}],
  ['a name with a path', '../../etc/passwd', {}],
  ['a long name', `${'书'.repeat(5_000)}.jpg`, {}],
  ['no owner', 'a.jpg', { ownerId: '' }],
  ["another workspace's owner", 'a.jpg', { ownerType: 'BOOK', role: 'COVER', theirs: true }],
  ['a role that the owner has not', 'a.jpg', { role: 'COVER' }],
  ['an owner that is no id', 'a.jpg', { ownerId: 'a\0b' }],
])('an upload with %s is answered with a success or a failure', async (_what, fileName, given) => {
  const { client, ids, ctx } = here('')
  const { theirs: foreign, ...slot } = { theirs: false, ...given }
  const bytes = new Blob(['no picture'])
  const place = {
    ownerType: 'BLOCK',
    ownerId: foreign ? ids['theirs'] : ids['blockId'],
    role: 'IMAGE',
    ...slot,
  }
  const answer = await client.upload({ slot: place }, bytes, fileName)
  const { uploadMedia } = answer.data as { uploadMedia: Answer }
  expect(answer.errors).toEqual([])
  expect(['UnsupportedFileType', 'NotFound', 'InvalidInput']).toContain(uploadMedia.__typename)
  expect(await ctx.db.prisma.blob.count({ where: { workspaceId: ctx.actor.workspaceId } })).toBe(1)
})

test('however many values do not fit, all is said to be the fault of the client', async () => {
  const tagIds = Array.from({ length: 60 }, () => ({}))
  const input = { tagIds, entityIds: [] }
  const { status, errors } = await here('attachTags').client.send(documentOf('attachTags'), { input })
  expect(status).toBe(400)
  expect(errors.length).toBeGreaterThan(50)
  expect(new Set(errors.map(({ extensions }) => extensions?.code))).toEqual(new Set(['BAD_USER_INPUT']))
})

test('after all this nothing was logged as an error of the server', () => {
  expect(api.log.filter(({ level }) => level >= 50)).toEqual([])
})
