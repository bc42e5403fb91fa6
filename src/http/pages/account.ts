import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../../domain/failure.ts'
import type { Ctx } from '../../usecases/context.ts'
import { readAccount } from '../../usecases/people/read-account.ts'
import { endSessions, updateViewer } from '../../usecases/people/viewer.ts'
import { accountBody, type AccountProblems } from './account-body.ts'
import { askAuth, Fields, type PageKit, personCtx, redirect, sendPage, viewOf } from './kit.ts'
import { isPassword } from './passwords.ts'
import { providerProblem } from './provider.ts'
import { signInFirst } from './sign-in.ts'

const path = '/account'

type Handler = (
  ctx: Ctx,
  fields: Fields,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>

/** The handler of a form of the page, for the person whose session it is. */
const asPerson = (kit: PageKit, work: Handler) => async (request: FastifyRequest, reply: FastifyReply) => {
  const ctx = await personCtx(kit, request)
  return ctx ? work(ctx, new Fields(request.body), request, reply) : signInFirst(reply, path)
}

const done = (reply: FastifyReply, what: string) => redirect(reply, `${path}?done=${what}`)

/** `/account`: a person changes their name, password and passkeys, and ends sessions. */
export function accountPages(app: FastifyInstance, kit: PageKit) {
  const form = (name: string, work: Handler) => app.post(`${path}/${name}`, asPerson(kit, work))
  app.get(
    path,
    asPerson(kit, async (ctx, _fields, request, reply) => {
      const { error } = request.query as Record<string, unknown>
      const general = providerProblem(error, viewOf(request, reply).t)
      return show(kit, ctx, request, reply, { general })
    }),
  )
  form('name', async (ctx, fields, request, reply) => {
    const typedName = fields.text('name')
    if (!((await updateViewer(ctx, { name: typedName })) instanceof Failure)) return done(reply, 'name')
    return show(kit, ctx, request, reply, { name: viewOf(request, reply).t.badName, typedName })
  })
  form('password', async (ctx, fields, request, reply) => {
    const { t } = viewOf(request, reply)
    const newPassword = fields.text('password')
    if (!isPassword(newPassword)) return show(kit, ctx, request, reply, { newPassword: t.badPassword })
    const body = { currentPassword: fields.text('current'), newPassword, revokeOtherSessions: true }
    const { status } = await askAuth(kit, request, reply, '/change-password', body)
    if (status < 400) return done(reply, 'password')
    return show(kit, ctx, request, reply, { currentPassword: status === 429 ? t.tooMany : t.wrongCurrent })
  })
  form('passkeys/remove', async (_ctx, fields, request, reply) => {
    await askAuth(kit, request, reply, '/passkey/delete-passkey', { id: fields.text('id') })
    return done(reply, 'passkey')
  })
  sessionForms(form, kit)
}

function sessionForms(form: (name: string, work: Handler) => unknown, kit: PageKit) {
  form('sessions/end', async (ctx, fields, _request, reply) => {
    await endSessions(ctx, { sessionIds: [fields.text('id')] })
    return done(reply, 'session')
  })
  form('sessions/end-others', async (ctx, _fields, _request, reply) => {
    await endSessions(ctx, { others: true })
    return done(reply, 'others')
  })
  form('sessions/end-all', async (ctx, _fields, request, reply) => {
    await endSessions(ctx, { others: true })
    await askAuth(kit, request, reply, '/sign-out', {})
    return redirect(reply, '/sign-in?done=out')
  })
}

async function show(
  kit: PageKit,
  ctx: Ctx,
  request: FastifyRequest,
  reply: FastifyReply,
  problems: AccountProblems,
) {
  const account = await readAccount(ctx)
  if (!account) return signInFirst(reply, path)
  const view = viewOf(request, reply)
  const { done } = request.query as Record<string, unknown>
  const body = accountBody(view, account, kit.config.oidc, { ...problems, done })
  const isRefused = Object.values(problems).some((problem) => problem !== undefined)
  const status = isRefused && request.method === 'POST' ? 400 : 200
  return sendPage(request, reply, view, { title: view.t.account, body, status, isWide: true })
}
