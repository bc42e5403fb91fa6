import type { App } from '../app.ts'
import { memberByEmail } from '../db/people/api-tokens.ts'
import { type Actor, defaultWorkspaceId, type TokenScope } from '../domain/access.ts'
import { apiTokenState } from '../domain/api-tokens.ts'
import { Failure } from '../domain/failure.ts'
import { emailKey } from '../domain/people.ts'
import { isUuid } from '../domain/text.ts'
import { newId, servicesIn, systemActor } from '../usecases/context.ts'
import { createApiToken, revokeApiToken } from '../usecases/people/api-tokens.ts'
import { plain } from './progress.ts'

const ctxOf = ({ services, log }: App, actor: Actor) => ({
  ...servicesIn(services, actor.workspaceId),
  ...{ log, actor, requestId: newId() },
})

export interface CreateTokenOptions {
  readonly user: string
  readonly name: string
  readonly scope: string
  readonly days?: string
  readonly workspace?: string
}

const scopes: readonly string[] = ['READ', 'WRITE', 'ADMIN'] satisfies TokenScope[]
const isScope = (text: string): text is TokenScope => scopes.includes(text)

const dayMs = 24 * 60 * 60 * 1000

/** Makes a token of a member, and prints it. Returns false if that is not possible. */
export async function createToken(app: App, options: CreateTokenOptions): Promise<boolean> {
  const { user, name, days, workspace: workspaceId = defaultWorkspaceId } = options
  const scope = options.scope.toUpperCase()
  if (!isScope(scope)) return refused('Give one of the scopes read, write and admin.')
  const email = emailKey(user)
  const member = isUuid(workspaceId) ? await memberByEmail(app.services.db, workspaceId, email) : undefined
  if (!member) return refused(`${email} is no member of the workspace ${workspaceId}.`)
  const expiresAt = days === undefined ? undefined : new Date(Date.now() + Number(days) * dayMs)
  const actor = { id: member.userId, workspaceId, role: member.role }
  const made = await createApiToken(ctxOf(app, actor), { name, scope, expiresAt })
  if (made instanceof Failure) return refused(made.message)
  const { apiToken, secret } = made
  console.error(
    `Token ${apiToken.id} is valid until ${apiToken.expiresAt?.toISOString()}. Keep it now, it is not stored:`,
  )
  console.log(secret)
  return true
}

export interface ListTokensOptions {
  readonly workspace?: string
  readonly json?: boolean
}

/** Lists the tokens of every workspace, or of one. */
export async function listTokens({ services }: App, { workspace, json = false }: ListTokensOptions) {
  const rows = await services.db.prisma.apiToken.findMany({
    ...(workspace === undefined ? {} : { where: { workspaceId: isUuid(workspace) ? workspace : newId() } }),
    include: { user: { select: { email: true } } },
    omit: { secretHash: true },
    orderBy: { id: 'asc' },
  })
  const now = services.now()
  const tokens = rows.map(({ user, ...row }) => ({
    ...row,
    email: user.email,
    state: apiTokenState(row, now),
  }))
  if (json) {
    console.log(JSON.stringify(tokens, plain, 2))
    return
  }
  if (tokens.length === 0) console.log('There are no API tokens.')
  for (const { id, workspaceId, email, name, scope, state, expiresAt, lastUsedAt } of tokens) {
    const [until, used] = [expiresAt, lastUsedAt].map((time) => time?.toISOString() ?? 'never')
    console.log(`${id} ${state} ${scope} ${email}: ${name}`)
    console.log(`  workspace ${workspaceId}, expires ${until}, last used ${used}`)
  }
}

/** Revokes a token. Returns false if there is none. */
export async function revoke(app: App, id: string): Promise<boolean> {
  const row = isUuid(id) ? await app.services.db.prisma.apiToken.findFirst({ where: { id } }) : null
  if (!row) return refused(`There is no API token ${id}.`)
  const result = await revokeApiToken(ctxOf(app, systemActor(row.workspaceId)), { apiTokenId: id })
  if (result instanceof Failure) return refused(result.message)
  console.log(`API token ${id} is revoked.`)
  return true
}

function refused(message: string): false {
  console.error(message)
  return false
}
