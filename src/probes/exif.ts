import { open, type FileHandle } from 'node:fs/promises'

/** The maximum number of EXIF fields to read, counting repeated reads. Cameras write about a hundred. */
const maxFields = 50_000

/** The maximum number of offsets at which EXIF data may begin. */
const maxBeginnings = 256

/** The decoder reads at most this much EXIF data, in bytes. */
const maxBytes = 64 * 1024

/** How deeply the decoder follows pointers. */
const maxDepth = 32

const chunkBytes = 1024 * 1024
const signatures = [Buffer.from('II*\0'), Buffer.from('MM\0*')]

/** The fields that point to more fields. */
const pointers = new Set([0x8769, 0x8825, 0xa005])

/**
 * Whether decoding the EXIF data of a picture would practically never end. Fields that point back to themselves keep
 * the decoder busy for years, and nothing can stop it. The check covers EXIF data anywhere in the file.
 */
export async function hasEndlessExif(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null)
  // The decoder reports what is wrong with the file.
  if (!file) return false
  try {
    let found = 0
    for await (const at of beginnings(file)) {
      found += 1
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, at)
      if (found > maxBeginnings || isEndless(buffer.subarray(0, bytesRead))) return true
    }
    return false
  } finally {
    await file.close()
  }
}

async function* beginnings(file: FileHandle) {
  const overlap = 3
  const chunk = Buffer.alloc(chunkBytes)
  for (let start = 0; ; start += chunkBytes - overlap) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, start)
    const bytes = chunk.subarray(0, bytesRead)
    for (const signature of signatures) {
      for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + 1)) yield start + at
    }
    if (bytesRead < chunkBytes) return
  }
}

/** Follows the pointers as the decoder does, and counts. */
function isEndless(data: Buffer): boolean {
  const little = data[0] === 0x49
  const short = (at: number) => (little ? data.readUInt16LE(at) : data.readUInt16BE(at))
  const long = (at: number) => (little ? data.readUInt32LE(at) : data.readUInt32BE(at))
  let fields = 0
  const follow = (start: number, depth: number, kind: number) => {
    if (depth > maxDepth || start + 2 > data.length) return
    const count = short(start)
    for (let at = start + 2; at < start + 2 + count * 12 && at + 12 <= data.length; at += 12) {
      fields += 1
      if (fields > maxFields) return
      const field = short(at)
      if (pointers.has(field) && field !== kind) follow(long(at + 8), depth + 1, field)
    }
    // The fields of the embedded thumbnail come after those of the picture.
    const next = start + 2 + count * 12
    if (depth === 0 && next + 4 <= data.length) follow(long(next), 1, 0)
  }
  if (data.length >= 8) follow(long(4), 0, 0)
  return fields > maxFields
}
