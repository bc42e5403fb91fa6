/** Originals must be kept; thumbnails can be deleted and made again at any time, so a backup may skip them. */
export type StorageCategory = 'files' | 'thumbnails'

/** Where an object lies in the storage, e.g. `files/1795302000000-jpg-042917365520`. Never made from a client's text. */
export type StorageKey = `${StorageCategory}/${string}`

/** The key of an original. `random` is a number below 10^12 from a cryptographic source. */
export function fileKey(unixMs: number, extension: string, random: number): StorageKey {
  return `files/${unixMs}-${extension}-${random.toString().padStart(12, '0')}`
}

/** The key of a file derived from a blob. */
export function thumbnailKey(blobId: string, recipe: string): StorageKey {
  return `thumbnails/${blobId}-${recipe}`
}

/** A key as a row holds it; throws on anything else, so that nothing else reaches the storage. */
export function storedKey(text: string): StorageKey {
  if (!/^(files|thumbnails)\/[a-z0-9-]+$/.test(text))
    throw new Error(`Not a storage key: ${JSON.stringify(text)}`)
  return text as StorageKey
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'
const names: Readonly<Record<StorageCategory, RegExp>> = {
  files: /^\d{1,15}-[a-z0-9]+-\d{12}$/,
  thumbnails: new RegExp(`^${uuid}-[a-z0-9-]+$`),
}

/** The key of an object that is called so in the storage; undefined when no key that is made here looks like that. */
export const keyOfObject = (category: StorageCategory, name: string): StorageKey | undefined =>
  names[category].test(name) ? `${category}/${name}` : undefined

/** When the file of a key came, or for a derived one when the blob it is of came; undefined when the key does not say. */
export function timeOfKey(key: StorageKey): Date | undefined {
  const [category, name = ''] = key.split('/')
  if (category === 'files' && names.files.test(name)) return new Date(Number(name.split('-')[0]))
  // A UUIDv7 begins with its time.
  if (category === 'thumbnails' && names.thumbnails.test(name))
    return new Date(Number.parseInt(name.slice(0, 13).replace('-', ''), 16))
  return undefined
}
