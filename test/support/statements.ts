import pg from 'pg'

export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** What sets up a connection, what watches connections, and what a server reads every few seconds. */
const ofNoOperation = ['set jit = off', 'pg_stat_activity', 'media_url_keys']

/** Runs `work` and gives every SQL statement that any connection of this process sent meanwhile. */
export async function statementsOf(work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = []
  const original = Reflect.get(pg.Client.prototype, 'query') as (...args: unknown[]) => unknown
  Reflect.set(pg.Client.prototype, 'query', function (this: pg.Client, ...args: unknown[]) {
    const [first, second] = args
    const { text, values } = (typeof first === 'object' ? first : { text: first }) as Partial<Statement>
    if (!ofNoOperation.some((part) => text?.includes(part))) {
      statements.push({
        text: text ?? '',
        values: values ?? (Array.isArray(second) ? (second as unknown[]) : []),
      })
    }
    return Reflect.apply(original, this, args)
  })
  try {
    await work()
  } finally {
    Reflect.set(pg.Client.prototype, 'query', original)
  }
  return statements
}
