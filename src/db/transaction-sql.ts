import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import type { Prisma } from './generated/client.ts'
import { type Queryable, type Sql, statementOf } from './sql.ts'
import { statementName } from './statement-name.ts'

/** The connection of a transaction, for SQL that is sent to it directly. */
class TransactionConnection {
  readonly #client: pg.Client
  #open = true

  constructor(client: pg.Client) {
    this.#client = client
  }

  /** Refuses further statements: the connection goes back to the pool. */
  close() {
    this.#open = false
  }

  async query(text: string, values: readonly unknown[]) {
    if (!this.#open)
      throw new Error('The transaction is over: it took too long, or did not wait for a statement.')
    return this.#client.query<object>({ name: statementName(text), text, values: [...values] })
  }
}

/** Never sent to the database: the adapter answers it with the connection of the current transaction. */
const whichConnection = 'which connection is this?'

const answers = new Map<number, TransactionConnection>()
let questions = 0

/** Prisma's adapter, whose transactions reveal their connection. */
export class TellingPrismaPg extends PrismaPg {
  override async connect() {
    const adapter = await super.connect()
    const start = adapter.startTransaction.bind(adapter)
    adapter.startTransaction = async (isolationLevel) => {
      const transaction = await start(isolationLevel)
      const { client } = transaction as unknown as { client: unknown }
      if (!(client instanceof pg.Client)) throw new Error('A transaction of Prisma has no connection of pg.')
      const connection = new TransactionConnection(client)
      const execute = transaction.executeRaw.bind(transaction)
      transaction.executeRaw = async (query) => {
        if (query.sql === whichConnection) {
          answers.set(Number(query.args[0]), connection)
          return 0
        }
        if (/^(commit|rollback)$/i.test(query.sql)) connection.close()
        return execute(query)
      }
      return transaction
    }
    return adapter
  }
}

async function connectionOf(tx: Prisma.TransactionClient): Promise<TransactionConnection> {
  const question = (questions += 1)
  await tx.$executeRawUnsafe(whichConnection, question)
  const connection = answers.get(question)
  answers.delete(question)
  if (!connection) throw new Error('A transaction of Prisma did not tell its connection.')
  return connection
}

/**
 * The transaction with SQL that goes to its connection directly: the way through Prisma takes several times the
 * processor time of `pg`. A failed statement is a `pg.DatabaseError`.
 */
export function withDirectSql(tx: Prisma.TransactionClient): Prisma.TransactionClient & Queryable {
  let asked: Promise<TransactionConnection> | undefined
  const send = async (text: string, values: readonly unknown[]) => {
    asked ??= connectionOf(tx)
    return (await asked).query(text, values)
  }
  const rows = async (text: string, values: readonly unknown[]) => (await send(text, values)).rows
  const count = async (text: string, values: readonly unknown[]) => (await send(text, values)).rowCount ?? 0
  const direct = <T>(run: (text: string, values: readonly unknown[]) => T) => ({
    value: (statement: Sql) => {
      const { text, values } = statementOf(statement)
      return run(text, values)
    },
  })
  return Object.create(tx, {
    query: direct(rows),
    execute: direct(count),
  }) as Prisma.TransactionClient & Queryable
}
