import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openDb, transact } from '../src/db/client.ts'
import { startEmbedded } from '../src/db/postgres/embedded.ts'
import { defaultWorkspaceId } from '../src/domain/access.ts'
import { tokenPrefix } from '../src/domain/people.ts'
import { newId } from '../src/usecases/context.ts'
import { registerByInvitation, offerSetup } from '../src/usecases/people/invitations.ts'
import { hashOf, newSecret } from '../src/usecases/people/secrets.ts'
import { assertSameAnswers, type Cell, cellsOf } from './cells.ts'
import { measureAll } from './measure.ts'
import { report } from './report.ts'
import { removeNewBlocks, seed } from './seed.ts'
import { startServer, type Target } from './targets.ts'

interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

type Closers = (() => Promise<unknown>)[]

/** A request that does next to nothing, so that finding out whose it is counts most. */
const small: Cell = {
  name: 'small query',
  bodies: [JSON.stringify({ query: '{ workspace { id name } }' })],
  writes: false,
}

const person = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }

/** Measures what it costs a request that people sign in: by a session, by an API token, and without. */
export async function benchSignIn({ seconds, rounds, connections, say, signal }: Options): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-bench-'))
  const closers: Closers = [() => rm(dataDir, { recursive: true, maxRetries: 10 })]
  try {
    say('Starting PostgreSQL and two servers')
    const embedded = await startEmbedded(dataDir)
    const postgresPid = parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'))
    closers.push(async () => {
      await embedded.release()
      await embedded.kill()
    })
    const without: Target = { ...(await startServer(dataDir, signal, closers)), name: 'without' }
    const signedIn = await startServer(dataDir, signal, closers, {
      SIGN_IN: 'true',
      RATE_LIMIT_REQUESTS: '0',
      RATE_LIMIT_ADDRESS_REQUESTS: '0',
    })
    const db = new pg.Client(embedded.connection)
    await db.connect()
    closers.push(() => db.end())
    const { session, token } = await credentials(embedded.connection, signedIn.url)
    const by = (name: string, credential: string): Target => ({
      ...signedIn,
      name,
      headers: { authorization: `Bearer ${credential}` },
    })
    const targets = [without, by('session', session), by('API token', token)]
    const cells = [...cellsOf(await seed(db, 1)), small]
    for (const cell of cells) {
      await assertSameAnswers(targets, cell)
      if (cell.writes) await removeNewBlocks(db)
    }
    const bench = { targets, db, postgresPid }
    const samples = await measureAll(bench, cells, { seconds, rounds, connections, say, signal })
    console.log(`\n${connections} connections, ${rounds} rounds of ${seconds} s\n`)
    console.log(report(samples, 'without', ['session', 'API token']))
  } finally {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer()
  }
}

/** The owner of the library, with a session and an API token. */
async function credentials(connection: Parameters<typeof openDb>[0], url: string) {
  const db = openDb(connection, 2, () => {})
  try {
    const people = { db, now: () => new Date() }
    const accepted = await registerByInvitation(people, (await offerSetup(people)) ?? '', person)
    if (!('userId' in accepted)) throw new Error(accepted.message)
    const token = tokenPrefix + newSecret()
    await transact(db, (tx) =>
      tx.apiToken.create({
        data: {
          workspaceId: defaultWorkspaceId,
          id: newId(),
          userId: accepted.userId,
          name: 'benchmark',
          scope: 'WRITE',
          secretHash: Uint8Array.from(hashOf(token)),
          createdAt: new Date(),
        },
      }),
    )
    const response = await fetch(`${url}/auth/sign-in/email`, {
      method: 'POST',
      // As a page of the server itself.
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify({ email: person.email, password: person.password }),
    })
    if (!response.ok) throw new Error(`Could not sign in: ${response.status} ${await response.text()}`)
    const { token: session } = (await response.json()) as { token: string }
    return { session, token }
  } finally {
    await db.close()
  }
}
