import { transact, type Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import { countActiveTokens, insertApiToken, revokeToken } from '../../db/people/api-tokens.ts'
import { lockedRole } from '../../db/people/members.ts'
import type { ApiTokenRow } from '../../db/rows.ts'
import { assertCan, can, isPerson } from '../../domain/access.ts'
import {
  apiTokenLife,
  apiTokenProblems,
  maxApiTokens,
  type NewApiToken,
  TooManyApiTokens,
} from '../../domain/api-tokens.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { SignInDisabled } from '../../domain/people.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { WorkspaceRequired } from '../../domain/workspace-trash.ts'
import { record } from '../audit.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey } from '../idempotency.ts'
import type { Keyed } from '../inputs.ts'
import { hashOf, newApiToken } from './secrets.ts'

export interface MadeApiToken {
  readonly apiToken: ApiTokenRow
  /** Null: the request was done before, and the secret was in that answer. */
  readonly secret: string | null
}

/** Makes an API token of the actor in its workspace. */
export async function createApiToken(ctx: Ctx, input: NewApiToken & Keyed) {
  const { actor } = ctx
  assertCan(actor, 'delegate')
  if (!isPerson(actor)) return new SignInDisabled()
  const { idempotencyKey: key, ...request } = input
  const check = new InputCheck()
  check.line('name', input.name, textLimits.name)
  check.line('idempotencyKey', key, textLimits.idempotencyKey)
  const invalid = check.failure()
  if (invalid) return invalid
  return transact(ctx.db, async (tx) => {
    const id = newId()
    const claim = await claimKey(ctx, tx, {
      key,
      operation: 'createApiToken',
      input: { ...request, userId: actor.id },
      resultIds: [id],
    })
    if (claim instanceof Failure) return claim
    return claim ? madeBefore(ctx, tx, claim[0] ?? id) : insert(ctx, tx, id, request)
  })
}

async function madeBefore({ actor }: Ctx, tx: Tx, id: string): Promise<MadeApiToken | NotFound> {
  const apiToken = await rowById(tx, 'api_tokens', actor.workspaceId, id)
  return apiToken ? { apiToken, secret: null } : new NotFound('ApiToken', id)
}

async function insert(ctx: Ctx, tx: Tx, id: string, { name, scope, expiresAt }: NewApiToken) {
  const { workspaceId, id: userId } = ctx.actor
  const createdAt = ctx.now()
  // Requests of one person wait for each other here, so that none counts too few.
  const role = await lockedRole(tx, workspaceId, userId)
  if (!role) throw new WorkspaceRequired()
  const invalid = apiTokenProblems({ scope, expiresAt }, role, createdAt)
  if (invalid) return invalid
  if ((await countActiveTokens(tx, workspaceId, userId, createdAt)) >= maxApiTokens)
    return new TooManyApiTokens()
  const secret = newApiToken()
  const token = {
    ...{ workspaceId, id, userId, name, scope, createdAt },
    expiresAt: expiresAt ?? new Date(createdAt.getTime() + apiTokenLife.default),
  }
  await insertApiToken(tx, { ...token, secretHash: hashOf(secret) })
  await record(ctx, tx, { action: 'API_TOKEN_CREATED', subjectId: id, details: { scope } })
  return { apiToken: { ...token, lastUsedAt: null, revokedAt: null }, secret }
}

/** Revokes an API token: one of the actor's own, or any of the workspace for its owners. */
export async function revokeApiToken(ctx: Ctx, { apiTokenId: id }: { apiTokenId: string }) {
  const { actor } = ctx
  assertCan(actor, 'delegate')
  const userId = can(actor, 'manage') ? undefined : actor.id
  if (!isUuid(id)) return new NotFound('ApiToken', id)
  return transact(ctx.db, async (tx): Promise<ApiTokenRow | NotFound> => {
    const revoked = await revokeToken(tx, { workspaceId: actor.workspaceId, id, userId }, ctx.now())
    if (!revoked) return new NotFound('ApiToken', id)
    const { token, isNew } = revoked
    if (isNew)
      await record(ctx, tx, { action: 'API_TOKEN_REVOKED', subjectId: id, details: { userId: token.userId } })
    return token
  })
}
