/** Originals must be kept; thumbnails can be deleted and made again at any time, so a backup may skip them. */
export type StorageCategory = 'files' | 'thumbnails'

/** Where an object lies in the storage, e.g. `files/1795302000000-jpg-042917365520`. Never made from a client's text. */
export type StorageKey = `${StorageCategory}/${string}`

/** The key of an original. `random` is a number below 10^12 from a cryptographic source. */
export function fileKey(unixMs: number, extension: string, random: number): StorageKey {
  return `files/${unixMs}-${extension}-${random.toString().padStart(12, '0')}`
}

/** The key of a file derived from a blob. */
export function derivedKey(blobId: string, recipe: string): StorageKey {
  return `thumbnails/${blobId}-${recipe}`
}

/** A key as a row holds it; throws on anything else, so that nothing else reaches the storage. */
export function storedKey(text: string): StorageKey {
  if (!/^(files|thumbnails)\/[a-z0-9-]+$/.test(text))
    throw new Error(`Not a storage key: ${JSON.stringify(text)}`)
  return text as StorageKey
}
