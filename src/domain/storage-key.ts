/** Originals must be kept. Thumbnails can be deleted and made again at any time, so a backup may skip them. */
export type StorageCategory = 'files' | 'thumbnails'

/**
 * The name of an object in the storage, e.g. `files/1795302000000-jpg-042917365520`. Never made from a client's text.
 */
export type StorageKey = `${StorageCategory}/${string}`

/** The key of an original. `random` is a number below 10^12 from a cryptographic source. */
export function fileKey(unixMs: number, extension: string, random: number): StorageKey {
  return `files/${unixMs}-${extension}-${random.toString().padStart(12, '0')}`
}

/** The key of a thumbnail. */
export function thumbnailKey(blobId: string, recipe: string): StorageKey {
  return `thumbnails/${blobId}-${recipe}`
}

/** Checks a key from a row. Throws on anything else, so that no other name reaches the storage. */
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

/** The key of an object by its name in the storage; undefined if this server cannot have made that name. */
export const keyOfObject = (category: StorageCategory, name: string): StorageKey | undefined =>
  names[category].test(name) ? `${category}/${name}` : undefined

/**
 * The key that a person means by the name of an object, as a folder or a bucket shows it: alone, with its category or at
 * the end of a path. Undefined if this server cannot have made that name.
 */
export function keyNamed(text: string): StorageKey | undefined {
  const [name = '', folder] = text.trim().split(/[/\\]/).reverse()
  for (const category of ['files', 'thumbnails'] as const) {
    const other = category === 'files' ? 'thumbnails' : 'files'
    if (folder !== other && names[category].test(name)) return `${category}/${name}`
  }
  return undefined
}

/**
 * When the original was stored; for a thumbnail, when its blob was created. Undefined if the key does not contain the
 * time.
 */
export function timeOfKey(key: StorageKey): Date | undefined {
  const [category, name = ''] = key.split('/')
  if (category === 'files' && names.files.test(name)) return new Date(Number(name.split('-')[0]))
  // A UUIDv7 begins with its time.
  if (category === 'thumbnails' && names.thumbnails.test(name))
    return new Date(Number.parseInt(name.slice(0, 13).replace('-', ''), 16))
  return undefined
}
