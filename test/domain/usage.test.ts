import { expect, test } from 'vitest'
import { namedCategories, type UsageRow, usageOf } from '../../src/domain/usage.ts'

const row = (given: Partial<UsageRow>): UsageRow => ({
  ...{ workspaceId: 'w', aspect: 'TOTAL', name: '', state: 0, day: null, fileCount: 1, sizeBytes: 1n },
  ...given,
})

const total = (fileCount: number, sizeBytes: bigint) => ({ fileCount, sizeBytes })
const none = total(0, 0n)

test('the states of a file are kept apart, and days are in order', () => {
  const day = (number: number) => new Date(Date.UTC(2026, 0, number))
  const { files, freedOn, usedBytes } = usageOf([
    row({ sizeBytes: 5n }),
    row({ state: 1, day: day(3), sizeBytes: 20n }),
    row({ state: 1, day: day(2), sizeBytes: 30n }),
    row({ state: 2, sizeBytes: 400n }),
    row({ aspect: 'USED', fileCount: 0, sizeBytes: 455n }),
  ])
  expect(files).toEqual({ live: total(1, 5n), trashed: total(2, 50n), purging: total(1, 400n) })
  expect(usedBytes).toBe(455n)
  expect(freedOn).toEqual([
    { day: day(2), files: total(1, 30n) },
    { day: day(3), files: total(1, 20n) },
  ])
})

test('the categories with the most bytes come first; after the first 100 the others are added up', () => {
  const rows = Array.from({ length: namedCategories + 2 }, (_, number) =>
    row({ aspect: 'CATEGORY', name: `c${String(number).padStart(3, '0')}`, sizeBytes: BigInt(number + 1) }),
  )
  const { byCategory } = usageOf(rows)
  expect(byCategory).toHaveLength(namedCategories + 1)
  expect(byCategory[0]).toEqual({
    category: 'c101',
    files: { live: total(1, 102n), trashed: none, purging: none },
  })
  expect(byCategory.at(-1)).toEqual({
    category: null,
    files: { live: total(2, 3n), trashed: none, purging: none },
  })
})

test('among types with as many bytes the name decides', () => {
  const { byMimeType } = usageOf(
    ['image/png', 'image/avif', 'video/mp4'].map((name) => row({ aspect: 'MIME_TYPE', name })),
  )
  expect(byMimeType.map(({ mimeType }) => mimeType)).toEqual(['image/avif', 'image/png', 'video/mp4'])
})
