import { createHash, randomBytes } from 'node:crypto'

/** A secret that cannot be guessed: 32 random bytes, as text for a URL or a header. */
export const newSecret = () => randomBytes(32).toString('base64url')

/** What is stored of a secret. It has 256 bits of chance, so a fast hash is as good as a slow one. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()
