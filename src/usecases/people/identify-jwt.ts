import { bearersOfAccount, linkAccount } from '../../db/people/credentials.ts'
import { type Actor, inNoWorkspace } from '../../domain/access.ts'
import { WorkspaceRequired } from '../../domain/workspace-trash.ts'
import { type JwtClaims, newId, type Services } from '../context.ts'

type Identifying = Pick<Services, 'db' | 'now' | 'jwts'>

/** The name of the provider of accounts by JSON Web Tokens. */
const provider = 'jwt'

/** A subject is one of its issuer alone. An issuer is a URL, so it has no spaces. */
const accountOf = ({ issuer, subject }: JwtClaims) => ({ provider, account: `${issuer} ${subject}` })

/**
 * The actor of a JSON Web Token: the person who has its subject, or a verified address, by which the subject is then
 * remembered. Undefined when the token is not valid or of nobody here.
 */
export async function identifyJwt(
  services: Identifying,
  token: string,
  asked: string | undefined,
): Promise<Actor | WorkspaceRequired | undefined> {
  const claims = await services.jwts?.verify(token)
  if (!claims) return undefined
  const [first, second] = await bearersOf(services, claims, asked)
  if (!first) return undefined
  const { userId, workspaceId, role } = first
  if (workspaceId !== null && role !== null && !second) return { id: userId, workspaceId, role }
  return asked === undefined ? inNoWorkspace(userId) : new WorkspaceRequired()
}

async function bearersOf({ db, now }: Identifying, claims: JwtClaims, asked: string | undefined) {
  const account = accountOf(claims)
  const known = await bearersOfAccount(db, account, asked)
  if (known.length > 0 || claims.email === undefined) return known
  await linkAccount(db, account, claims.email, newId(), now())
  return bearersOfAccount(db, account, asked)
}
