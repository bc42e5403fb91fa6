import { Prisma } from './generated/client.ts'
import { unprepared } from './statement-name.ts'

/** A piece of SQL with its values. Pieces nest; PostgreSQL's `$1`, `$2`, … are numbered when a statement is sent. */
export type Sql = Prisma.Sql

/**
 * The one way to run SQL, inside a transaction and outside. Each statement is prepared under a name and kept, except
 * those that are planned for their values.
 */
export interface Queryable {
  /** Gives the rows of a statement. */
  query<Row extends object>(statement: Sql): Promise<Row[]>
  /** Gives the number of rows that a statement changed. */
  execute(statement: Sql): Promise<number>
}

/** The only way to write SQL: an embedded value becomes a parameter, an embedded piece becomes part of the text. */
export const { sql, empty } = Prisma

const constants = new Map<string, Sql>()

function constant(text: string): Sql {
  const known = constants.get(text)
  if (known) return known
  const made = Prisma.raw(text)
  constants.set(text, made)
  return made
}

/** A name of a table, alias or column that the code knows. */
export function identifier(name: string): Sql {
  if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/.test(name))
    throw new Error(`${JSON.stringify(name)} is not a name in SQL.`)
  return constant(name)
}

/**
 * A word or number of the code that must stand in the text: PostgreSQL plans by it, which it cannot do by a parameter.
 * Never a value of a client.
 */
export function literal(value: string | number): Sql {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : !/^[A-Za-z0-9_-]+$/.test(value))
    throw new Error(`${JSON.stringify(value)} cannot be a literal in SQL.`)
  return constant(typeof value === 'number' ? String(value) : `'${value}'`)
}

const joined = (pieces: readonly Sql[], separator: string, none: Sql): Sql =>
  pieces.length === 0 ? none : Prisma.join([...pieces], separator)

/** All conditions must hold; none is true. */
export const and = (conditions: readonly Sql[]): Sql => joined(conditions, ' and ', sql`true`)

/** One of the conditions must hold; none is false. */
export const or = (conditions: readonly Sql[]): Sql => joined(conditions, ' or ', sql`false`)

/** The rows of all queries. */
export const unionAll = (queries: readonly Sql[]): Sql => joined(queries, ' union all ', empty)

/** Numbers added up. */
export const sum = (numbers: readonly Sql[]): Sql => joined(numbers, ' + ', sql`0`)

/** Pieces with commas between them. */
export const list = (pieces: readonly Sql[]): Sql => joined(pieces, ', ', empty)

/** Columns by the name of the field that each becomes, as they stand after SELECT. */
export function columnList(columns: Readonly<Record<string, string>>): Sql {
  return list(
    Object.entries(columns).map(([name, column]) =>
      column === name ? identifier(column) : sql`${identifier(column)} as ${fieldName(name)}`,
    ),
  )
}

/** The name of a field in a row, in quotes, since SQL folds names to lower case otherwise. */
function fieldName(name: string): Sql {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name))
    throw new Error(`${JSON.stringify(name)} is not the name of a field.`)
  return constant(`"${name}"`)
}

/**
 * A statement that PostgreSQL plans for its values at each execution. Planning takes about a millisecond, so this is for
 * filters whose values may be in a few rows or in most.
 */
export const plannedForValues = (statement: Sql): Sql => sql`${constant(unprepared)} ${statement}`

/** A statement as `pg` takes it. */
export interface Statement {
  readonly text: string
  readonly values: unknown[]
}

/** Numbers the parameters of a statement. A list that stands in several places is sent once. */
export function statementOf({ strings, values }: Sql): Statement {
  const sent: unknown[] = []
  const lists = new Map<unknown, number>()
  let text = strings[0] ?? ''
  values.forEach((value, index) => {
    let number = lists.get(value)
    if (number === undefined) {
      number = sent.push(value)
      if (Array.isArray(value)) lists.set(value, number)
    }
    text += `$${number}${strings[index + 1] ?? ''}`
  })
  return { text, values: sent }
}
