import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { tokenPrefix } from '../../domain/people.ts'

/** A secret that cannot be guessed: 32 random bytes, as text for a URL or a header. */
export const newSecret = () => randomBytes(32).toString('base64url')

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A number in letters and digits alone, of a fixed length. */
function inBase62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = (digits[Number(rest % 62n)] ?? '') + text
  return text
}

/**
 * A new API token: the prefix, 256 random bits and their CRC-32, as GitHub makes them. Scanners for leaked secrets know
 * it by the prefix and the checksum, and a double click selects all of it.
 */
export function newApiToken(): string {
  const secret = inBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)
  return tokenPrefix + secret + inBase62(BigInt(crc32(secret)), 6)
}

/** What is stored of a secret. It has 256 bits of chance, so a fast hash is as good as a slow one. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()
