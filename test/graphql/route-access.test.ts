import { beforeAll, expect, test } from 'vitest'
import { type Action, can, type Standing } from '../../src/domain/access.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { headersOf, type Sender } from '../support/access/walk.ts'
import { type Route, useApi } from '../support/api.ts'
import { buildCtx, buildPicture, buildShelf, coverOf } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, buildToken, makeMember } from '../support/people.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })

/**
 * What a route asks for: an action; a session, which the sign-in itself looks at; or nothing, as it shows nothing of
 * anybody or has a secret in its address or body.
 */
type Rule = Action | 'a session' | 'nothing'

/** The first that fits a route decides. */
const rules: readonly (readonly [methods: string, url: RegExp, Rule])[] = [
  ['GET HEAD', /^\/(health\/(live|ready))?$/, 'nothing'],
  // Preflight requests of browsers.
  ['OPTIONS', /^\*$/, 'nothing'],
  ['GET HEAD', /^\/graphiql(\/[a-z-]+\.(js|css))?$/, 'nothing'],
  ['GET HEAD POST', /^\/auth\/(sign-in\/\w+|sign-out|get-session)$/, 'nothing'],
  ['GET HEAD POST', /^\/auth\/(request-password-reset|reset-password(\/:token)?)$/, 'nothing'],
  ['GET HEAD POST', /^\/auth\/passkey\/(generate-authenticate-options|verify-authentication)$/, 'nothing'],
  ['GET HEAD POST', /^\/auth\/(list-sessions|revoke-(other-)?sessions?|change-password)$/, 'a session'],
  [
    'GET HEAD POST',
    /^\/auth\/passkey\/(generate-register-options|verify-registration|(delete|update)-passkey|list-user-passkeys)$/,
    'a session',
  ],
  // The secret in the address is that of a share link.
  ['GET HEAD', /^\/shared\/:secret(\/books\/:bookId)?$/, 'nothing'],
  ['GET HEAD POST', /^\/auth\/callback\/oidc$/, 'nothing'],
  // Pages to sign in, and those whose address has a secret.
  ['GET HEAD POST', /^\/sign-in(\/(style\.css|passkeys\.js))?$/, 'nothing'],
  ['POST', /^\/sign-out$/, 'nothing'],
  ['GET HEAD POST', /^\/(forgot|reset)-password$/, 'nothing'],
  ['GET HEAD POST', /^\/invitations\/:secret(\/accept)?$/, 'nothing'],
  ['GET HEAD', /^\/shared\/:secret/, 'nothing'],
  ['GET HEAD POST', /^\/account(\/[a-z-]+)*$/, 'a session'],
  // It looks in every workspace of the person.
  ['GET HEAD', /^\/media\/:id(\/:variant)?$/, 'enter'],
  ['GET HEAD', /^\/api\/images\/:id(\/:variant)?$/, 'read'],
  ['GET HEAD', /^\/api\/posts\/:id\/assets(\/:assetId)?$/, 'read'],
  ['POST', /^\/api\/(images|posts\/:id\/assets)$/, 'edit'],
  ['DELETE', /^\/api\/images\/:id$/, 'edit'],
  // It looks for the asset first, and asks to edit it if there is one.
  ['DELETE', /^\/api\/posts\/:id\/assets\/:assetId$/, 'read'],
  ['POST', /^\/uploads$/, 'edit'],
  ['HEAD PATCH DELETE POST', /^\/uploads\/:id$/, 'edit'],
  // Its fields have rules of their own.
  ['GET HEAD POST OPTIONS', /^\/graphql$/, 'enter'],
]

const ruleOf = ({ method, url }: Route): Rule | undefined =>
  rules.find(([methods, pattern]) => methods.split(' ').includes(method) && pattern.test(url))?.[2]

test('every route has a rule, and every rule a route', () => {
  expect(api.routes.filter((route) => ruleOf(route) === undefined)).toEqual([])
  const unused = rules.filter(
    ([methods, pattern]) =>
      !api.routes.some(({ method, url }) => methods.split(' ').includes(method) && pattern.test(url)),
  )
  expect(unused).toEqual([])
})

const senders: readonly (Sender & { readonly standing: Standing | 'STRANGER' })[] = [
  { name: 'a stranger', standing: 'STRANGER' },
  { name: 'somebody who works in no workspace', standing: 'NONE' },
  { name: 'a viewer', standing: 'VIEWER', role: 'VIEWER' },
  { name: 'an editor', standing: 'EDITOR', role: 'EDITOR' },
]

const opened = { workspaceId: '' }
beforeAll(async () => {
  opened.workspaceId = (await buildCtx(database.db)).actor.workspaceId
})

const file = () => {
  const form = new FormData()
  form.set('file', new Blob(['no picture']), 'a.jpg')
  return form
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** What a route needs so that nothing but the sender is wrong with a request. */
function requestOf({ method, url }: Route): RequestInit {
  if (url === '/graphql' && method === 'POST')
    return { headers: { 'content-type': 'application/json' }, body: '{"query":"{ __typename }"}' }
  if (url === '/graphql') return { headers: { 'apollo-require-preflight': 'true' } }
  if (url.startsWith('/uploads')) {
    const slot = ['ownerType BLOCK', 'role IMAGE', `ownerId ${newId()}`].map((pair) => pair.split(' '))
    return {
      headers: {
        'tus-resumable': '1.0.0',
        'upload-length': '10',
        'upload-offset': '0',
        'upload-metadata': slot.map(([name, value = '']) => `${name} ${base64(value)}`).join(','),
        'x-http-method-override': 'PATCH',
        ...(method === 'PATCH' ? { 'content-type': 'application/offset+octet-stream' } : {}),
      },
    }
  }
  return method === 'POST' && url.startsWith('/api') ? { body: file() } : {}
}

async function statusOf(route: Route, sent: Record<string, string>): Promise<number> {
  const { method, url } = route
  const path = url.replace(/:\w+/g, (name) => (name === ':variant' ? 'thumbnail' : newId()))
  const query = url === '/graphql' && method !== 'POST' ? '?query=%7B__typename%7D' : ''
  const { headers, ...request } = requestOf(route)
  const all = { ...(headers as Record<string, string> | undefined), ...sent }
  const { status, headers: answered } = await fetch(api.url + path + query, {
    ...request,
    method,
    headers: all,
    redirect: 'manual',
  })
  // A page sends strangers to the one where they sign in.
  return answered.get('location')?.startsWith('/sign-in') === true ? 401 : status
}

/** What a status says of the sender. */
const outcomeOf = (status: number) => {
  if (status >= 500) return `fault ${status}`
  return { 401: 'sign in', 403: 'forbidden' }[status] ?? 'let in'
}

function expected(action: Action, standing: Standing | 'STRANGER'): string {
  if (standing === 'STRANGER') return 'sign in'
  if (can({ workspaceId: opened.workspaceId, role: standing }, action)) return 'let in'
  return standing === 'NONE' ? 'name a workspace' : 'forbidden'
}

test.each(senders)('$name is let in exactly where the rules say', async ({ standing, ...sender }) => {
  const outcomes: Record<string, string> = {}
  const table: Record<string, string> = {}
  for (const route of api.routes) {
    const rule = ruleOf(route)
    if (rule === undefined || rule === 'nothing' || rule === 'a session') continue
    const headers = standing === 'STRANGER' ? {} : await headersOf(database.db, opened.workspaceId, sender)
    const status = await statusOf(route, headers)
    const name = `${route.method} ${route.url}`
    table[name] = expected(rule, standing)
    outcomes[name] =
      table[name] === 'name a workspace' && status === 400 ? 'name a workspace' : outcomeOf(status)
  }
  expect(Object.keys(table).length).toBeGreaterThan(20)
  expect(outcomes).toEqual(table)
})

test('a stranger cannot use what asks for a session', async () => {
  const used: string[] = []
  for (const route of api.routes) {
    if (ruleOf(route) !== 'a session') continue
    const status = await statusOf(route, { 'content-type': 'application/json', origin: api.url })
    if (status < 400) used.push(`${route.method} ${route.url} ${status}`)
  }
  expect(used).toEqual([])
})

test('a permanent address leads a person to media of their workspaces, also without a header', async () => {
  const [mine, second, other] = [
    await buildCtx(database.db),
    await buildCtx(database.db),
    await buildCtx(database.db),
  ]
  const person = await buildPerson(database.db)
  for (const { actor } of [mine, second]) await makeMember(database.db, actor.workspaceId, person, 'VIEWER')
  const token = await buildToken(database.db, mine.actor.workspaceId, person, 'READ')
  const cookie = { cookie: `wordloom.session_token=${person.token}.signature` }
  const { id } = await mediumIn(mine)
  const ids = [id, (await mediumIn(second)).id, (await mediumIn(other)).id, newId()]
  const statuses = async (headers: Record<string, string>) =>
    Promise.all(
      ids.map(
        async (one) => (await fetch(`${api.url}/media/${one}`, { headers, redirect: 'manual' })).status,
      ),
    )
  expect(await statuses(cookie)).toEqual([302, 302, 404, 404])
  expect(await statuses(person.headers)).toEqual([302, 302, 404, 404])
  expect(await statuses({ ...cookie, 'x-workspace-id': mine.actor.workspaceId })).toEqual([
    302, 404, 404, 404,
  ])
  expect(await statuses({ ...cookie, 'x-workspace-id': other.actor.workspaceId })).toEqual([
    400, 400, 400, 400,
  ])
  expect(await statuses(token.headers)).toEqual([302, 404, 404, 404])
  expect(await statuses({})).toEqual([401, 401, 401, 401])
  const [foreign, missing] = await Promise.all(
    ids.slice(2).map(async (one) => (await fetch(`${api.url}/media/${one}`, { headers: cookie })).text()),
  )
  expect(foreign).toBe(missing)
})

const mediumIn = async (ctx: Ctx) =>
  (await buildPicture(ctx, coverOf('BOOKSHELF', (await buildShelf(ctx)).id))).media
