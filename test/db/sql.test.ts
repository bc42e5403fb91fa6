import { expect, test } from 'vitest'
import { and, identifier, list, literal, or, sql, statementOf, unionAll } from '../../src/db/sql.ts'

test('parameters are numbered in the order in which they stand, however deep the pieces are nested', () => {
  const inner = sql`name = ${'a'}`
  const statement = sql`select ${identifier('id')} from books where ${and([inner, sql`id = ${'b'}::uuid`])} limit ${3}`
  expect(statementOf(statement)).toEqual({
    text: 'select id from books where name = $1 and id = $2::uuid limit $3',
    values: ['a', 'b', 3],
  })
})

test('the text does not depend on the values, so that a statement stays prepared', () => {
  const textOf = (name: string, ids: string[]) =>
    statementOf(sql`select ${name} where id = any(${ids}::uuid[]) or parent_id = any(${ids}::uuid[])`).text
  expect(textOf('a', [])).toBe(textOf("'; drop table books", ['1', '2']))
})

test('a list that stands in several places is sent once, an equal text each time', () => {
  const ids = ['1']
  expect(statementOf(sql`${ids} ${'a'} ${ids} ${'a'}`)).toEqual({
    text: '$1 $2 $1 $3',
    values: [ids, 'a', 'a'],
  })
})

test('no conditions, pieces and queries have a text too', () => {
  expect(and([]).text).toBe('true')
  expect(or([]).text).toBe('false')
  expect(list([]).text).toBe('')
  expect(unionAll([sql`select 1`, sql`select 2`]).text).toBe('select 1 union all select 2')
})

test.each(['books; drop table books', 'Books', '"books"', 'a.b.c', ''])('%j is no identifier', (name) => {
  expect(() => identifier(name)).toThrow('is not a name in SQL')
})

test.each(["it's", '', 'two words', 1.5, Infinity])('%j cannot be a literal', (value) => {
  expect(() => literal(value)).toThrow('cannot be a literal in SQL')
})

test('words and whole numbers of the code can be literals', () => {
  expect([literal('BOOK').text, literal(500).text]).toEqual(["'BOOK'", '500'])
})
