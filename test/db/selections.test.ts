import { expect, expectTypeOf, test } from 'vitest'
import type { Rows } from '../../src/db/rows.ts'
import {
  columnsFor,
  fieldsAmong,
  type Unselected,
  type NarrowRow,
  type RowFor,
  selections,
} from '../../src/db/selections.ts'
import { madeField } from '../../src/graphql/made-field.ts'

// `npm run typecheck` proves what `expectTypeOf` says.

test('a column of a row that no selection reads is named by the compiler', () => {
  type BooksWithIsbn = Omit<Rows, 'books'> & { books: Rows['books'] & { isbn: string | null } }
  expectTypeOf<Unselected<BooksWithIsbn>>().toEqualTypeOf<'isbn'>()
  expectTypeOf<Unselected<Rows>>().toBeNever()
})

test('a narrow row has its keys and no other column', () => {
  expectTypeOf<NarrowRow<'books'>>().toHaveProperty('bookshelfId')
  expectTypeOf<NarrowRow<'books'>>().not.toHaveProperty('title')
  expectTypeOf<Rows['books']>().toExtend<NarrowRow<'books'>>()
})

test('the resolver of a field gets the columns that its field names', () => {
  expectTypeOf<RowFor<'media', 'processing'>>().toHaveProperty('processingStatus')
  expectTypeOf<RowFor<'media', 'processing'>>().not.toHaveProperty('mimeType')
  const resolve = madeField('media', 'processing', ({ processingStatus }) => processingStatus)
  expectTypeOf(resolve).parameter(0).toEqualTypeOf<NarrowRow<'media'>>()
})

test('a narrow read selects the keys and the columns of the fields that are asked for', () => {
  const fields = fieldsAmong('media', new Set(['fileName', 'variants', 'id']))
  expect(fields).toEqual(['fileName', 'mimeType', 'width', 'height', 'placeholder'])
  const { text } = columnsFor('media', fields)
  expect(text).toContain('media.file_name as "fileName"')
  expect(text).not.toContain('storage_key')
  expect(columnsFor('books', []).text).toBe(selections.books.keyColumns.text)
})
