import { UnreadableFile, type UnreadableWhy } from '../domain/media-types.ts'

/** What the messages of the decoders mean, and the numbers of those limits that are theirs. */
const meanings: readonly (readonly [message: RegExp, why: UnreadableWhy, limit?: number])[] = [
  [/timeout/i, 'slow'],
  [/Excessive depth/, 'depth', 256],
  [/cannot load more than \d+ XML elements/, 'elements', 1_000_000],
  [/exceeded more than \d+ referenced elements/, 'references', 500_000],
  [/amplification|entity reference loop/i, 'entities'],
  [/too big found|Resource limit exceeded/, 'text', 10_000_000],
  [/bad dimensions|zero-sized/, 'no size'],
  [/Unsupported|unsupported image|not supported|lossless parameters/, 'coding'],
  [/was killed/, 'killed'],
]

/**
 * Why a decoder refuses a picture. sharp reports every problem as the message of a plain Error; system errors have a
 * code and are passed on.
 */
export function refusalOf(error: unknown, { seconds }: { readonly seconds: number }): UnreadableFile {
  if (!(error instanceof Error) || 'code' in error) throw error
  const [, why, limit] = meanings.find(([message]) => message.test(error.message)) ?? []
  return new UnreadableFile(why ?? 'damaged', why === 'slow' ? seconds : limit)
}
