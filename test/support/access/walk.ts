import { type Action, can, type Role, type TokenScope } from '../../../src/domain/access.ts'
import { access } from '../../../src/graphql/access.ts'
import { Client, type GraphQLAnswer } from '../client.ts'
import type { Db } from '../../../src/db/client.ts'
import { batchHead } from '../media/batch.ts'
import { buildPerson, buildToken, makeMember } from '../people.ts'
import { filePart, multipartBody, postRaw } from '../wire.ts'
import { documentOf, examplesOf, type Operation } from './operations.ts'

/** The sender of requests: a role in a workspace, and the scope of an API token. */
export interface Sender {
  readonly name: string
  readonly role?: Role
  readonly scope?: TokenScope
}

/** A new person, so that what one request does to its sender concerns no other. */
export async function headersOf(db: Db, workspaceId: string, { role, scope }: Sender) {
  const person = await buildPerson(db)
  if (role) await makeMember(db, workspaceId, person, role)
  return scope ? (await buildToken(db, workspaceId, person, scope)).headers : person.headers
}

/** Sends an operation with example values; files where it takes some. */
export async function send(url: string, operation: Operation, headers: Record<string, string>) {
  const client = new Client(url, headers)
  const values = examplesOf(operation.field.args)
  const { slot, files } = (values['input'] ?? {}) as { slot?: object; files?: { slot: object }[] }
  if (operation.name === 'uploadMedia') return client.upload({ slot }, new Blob(['x']), 'a.jpg')
  if (operation.name !== 'uploadMediaBatch') return client.send(documentOf(operation, values), values)
  const parts = [...batchHead((files ?? []).map((file) => file.slot)), filePart('0', Buffer.from('x'))]
  const { status, body } = await postRaw(url, multipartBody(parts), headers)
  const answer = JSON.parse(body) as { data?: unknown; errors?: GraphQLAnswer['errors'] }
  return { status, data: answer.data ?? null, errors: answer.errors ?? [] }
}

const refusals = ['FORBIDDEN', 'WORKSPACE_REQUIRED', 'UNAUTHENTICATED']

/** Why an answer was refused, or that it was not: it has data, or the values did not fit together. */
export function outcomeOf({ errors }: Pick<GraphQLAnswer, 'errors'>): string {
  const codes = errors.map(({ extensions }) => extensions?.code ?? 'none')
  const unexpected = codes.filter((code) => !['BAD_USER_INPUT', ...refusals].includes(code))
  if (unexpected.length > 0) throw new Error(JSON.stringify(errors))
  return refusals.find((code) => codes.includes(code)) ?? 'allowed'
}

export const nameOf = ({ root, name }: Operation) => `${root}.${name}`

/** What a root field asks for. A job that is not the sender's own is for owners. */
export const actionOf = ({ root, name }: Operation): Action | undefined =>
  nameOf({ root, name } as Operation) === 'Query.job'
    ? 'manage'
    : (access[root] as Readonly<Record<string, Action>>)[name]

/** What a sender gets in a workspace, by the table. */
export function expected(operation: Operation, workspaceId: string, { role, scope }: Sender): string {
  const action = actionOf(operation)
  if (action === undefined) return 'a rule'
  const actor = { workspaceId, role: role ?? 'NONE', ...(scope ? { scope } : {}) } as const
  if (can(actor, action)) return 'allowed'
  return role ? 'FORBIDDEN' : 'WORKSPACE_REQUIRED'
}

/** Sends every operation as a sender; gives the outcomes, and those of the table, with the status of refusals. */
export async function walk(
  db: Db,
  url: string,
  {
    operations,
    workspaceId,
    sender,
  }: { operations: readonly Operation[]; workspaceId: string; sender: Sender },
) {
  const outcomes: Record<string, string> = {}
  const table: Record<string, string> = {}
  let headers = await headersOf(db, workspaceId, sender)
  for (const operation of operations) {
    if (operation.root === 'Mutation') headers = await headersOf(db, workspaceId, sender)
    const answer = await send(url, operation, headers)
    const isWhole = answer.data === null && ['FORBIDDEN', 'WORKSPACE_REQUIRED'].includes(outcomeOf(answer))
    const name = nameOf(operation)
    outcomes[name] = isWhole ? `${outcomeOf(answer)} ${answer.status}` : outcomeOf(answer)
    const statusOf: Readonly<Record<string, number>> = { FORBIDDEN: 403, WORKSPACE_REQUIRED: 400 }
    const rule = expected(operation, workspaceId, sender)
    table[name] = isWhole ? `${rule} ${statusOf[rule]}` : rule
  }
  return { outcomes, table }
}
