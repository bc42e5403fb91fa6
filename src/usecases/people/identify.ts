import { markTokenUsed } from '../../db/people/api-tokens.ts'
import { bearerOfToken, bearersOfSession, type TokenBearer } from '../../db/people/credentials.ts'
import { type Actor, inNoWorkspace } from '../../domain/access.ts'
import { isUseToWrite } from '../../domain/api-tokens.ts'
import { isJwt, tokenPrefix } from '../../domain/people.ts'
import { isUuid } from '../../domain/text.ts'
import { WorkspaceRequired } from '../../domain/workspace-trash.ts'
import type { Services } from '../context.ts'
import { identifyJwt } from './identify-jwt.ts'
import { hashOf } from './secrets.ts'

/**
 * The actor of a credential: the token of a session, an API token or a JSON Web Token. Undefined when it is not valid.
 * `asked` is the workspace that the request names; one of which the person is no member is refused as one that does not
 * exist. Without it, the workspace is that of the API token, or the only one of the person.
 */
export async function identify(
  services: Pick<Services, 'db' | 'now' | 'jwts'>,
  credential: string,
  asked: string | undefined,
): Promise<Actor | WorkspaceRequired | undefined> {
  if (asked !== undefined && !isUuid(asked)) return new WorkspaceRequired()
  if (isJwt(credential)) return identifyJwt(services, credential, asked)
  return credential.startsWith(tokenPrefix)
    ? identifyToken(services, credential, asked)
    : identifySession(services, credential, asked)
}

async function identifySession(
  { db, now }: Pick<Services, 'db' | 'now'>,
  token: string,
  asked: string | undefined,
) {
  const [first, second] = await bearersOfSession(db, token, now(), asked)
  if (!first) return undefined
  const { userId, sessionId, workspaceId, role } = first
  if (workspaceId !== null && role !== null && !second) return { id: userId, workspaceId, role, sessionId }
  return asked === undefined ? { ...inNoWorkspace(userId), sessionId } : new WorkspaceRequired()
}

async function identifyToken(
  { db, now }: Pick<Services, 'db' | 'now'>,
  secret: string,
  asked: string | undefined,
) {
  const bearer = await bearerOfToken(db, hashOf(secret), now())
  if (!bearer) return undefined
  noteUse(db, bearer, now())
  const { userId: id, workspaceId, role, scope } = bearer
  return asked === undefined || asked === workspaceId
    ? { id, workspaceId, role, scope }
    : new WorkspaceRequired()
}

/** The tokens whose use is being written down. */
const noting = new Set<string>()

/** Writes down the use of a token, at most once a minute. The request neither waits for it nor fails with it. */
function noteUse(db: Services['db'], bearer: TokenBearer, now: Date) {
  const { tokenId, lastUsedAt } = bearer
  if (noting.has(tokenId) || !isUseToWrite(lastUsedAt, now)) return
  noting.add(tokenId)
  const noted = markTokenUsed(db, bearer, now)
  // The next request with the token tries again.
  void noted.catch(() => {}).finally(() => noting.delete(tokenId))
}
