import { expect, test } from 'vitest'
import { FileTooLarge } from '../../src/domain/upload-limits.ts'

test.each([1, 100 * 1024 * 1024, 10 * 1024 ** 3])(
  'a file over the limit of %i bytes tells the limit',
  (limit) => {
    expect(new FileTooLarge(limit)).toMatchObject({
      __typename: 'FileTooLarge',
      limitBytes: BigInt(limit),
      message: expect.stringContaining(`${limit.toLocaleString('en')} bytes`) as string,
    })
  },
)
