import { expect, test } from 'vitest'
import { sizeForPeople } from '../../src/domain/size.ts'

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1 kB (1,000 bytes)'],
  [1_024, '1 KiB (1,024 bytes)'],
  [1_000_000, '1 MB (1,000,000 bytes)'],
  [100 * 1024 ** 2, '100 MiB (104,857,600 bytes)'],
  [10n * 1024n ** 3n, '10 GiB (10,737,418,240 bytes)'],
  [1_234_567, '1.23 MB (1,234,567 bytes)'],
  [5_000_000_000_001, '5 TB (5,000,000,000,001 bytes)'],
  [2 ** 50, '1020 TiB (1,125,899,906,842,624 bytes)'],
])('%d bytes are shown as %s', (bytes, text) => {
  expect(sizeForPeople(bytes)).toBe(text)
})
