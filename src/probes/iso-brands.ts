/** The brands of a file that is made of ISO boxes, as MP4, QuickTime, AVIF and HEIC are; the major one first. */
function brandsOf(head: Buffer): string[] {
  if (head.toString('latin1', 4, 8) !== 'ftyp') return []
  const end = Math.min(head.readUInt32BE(0), head.length)
  const brands: string[] = []
  // The version of the major brand lies between it and the compatible ones.
  for (let at = 8; at + 4 <= end; at += at === 8 ? 8 : 4) brands.push(head.toString('latin1', at, at + 4))
  return brands
}

/** Whether the file describes pictures before, or instead of, a film. */
function holdsPictures(head: Buffer): boolean {
  for (let at = head.readUInt32BE(0); at + 8 <= head.length;) {
    const type = head.toString('latin1', at + 4, at + 8)
    if (type === 'moov' || type === 'moof') return false
    // The handler is the first box in `meta`, whose own head has twelve bytes.
    if (type === 'meta') return head.toString('latin1', at + 28, at + 32) === 'pict'
    const size = head.readUInt32BE(at)
    if (size < 8) return false
    at += size
  }
  return false
}

const heic = /^(hei[cxms]|hev[cxms])$/
const picture = /^(mif[12]|msf1|miaf)$/

/** What `file-type` calls films that players treat as MP4. */
const mp4 = new Set(['video/mp4', 'video/x-m4v', 'video/3gpp', 'video/3gpp2'])

/**
 * The MIME type of a file that is made of ISO boxes. `byMajorBrand` is the type according to the major brand alone. Any
 * of the brands can be the one that tells a picture, and a still picture is never a video.
 */
export function isoType(bytes: Uint8Array, byMajorBrand: string): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const brands = brandsOf(head)
  if (brands.length === 0) return byMajorBrand
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'image/avif'
  if (brands.some((brand) => heic.test(brand))) return 'image/heic'
  if (brands.some((brand) => picture.test(brand)) || holdsPictures(head)) return 'image/heif'
  return mp4.has(byMajorBrand) ? 'video/mp4' : byMajorBrand
}
