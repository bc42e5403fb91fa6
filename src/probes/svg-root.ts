/** Values may contain a `>`. */
const root = /<(?:[\w-]+:)?svg(?=[\s>/])(?:"[^"]*"|'[^']*'|[^>"'])*>/i
const skipped = /<!--[\s\S]*?-->|<!DOCTYPE[^>[]*(?:\[[\s\S]*?\]\s*)?>/gi

const valueOf = (tag: string, name: string) =>
  new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag)?.slice(1).join('')

/** A length; NaN for a percentage, which is one of a page that does not exist. */
const lengthOf = (value: string | undefined) =>
  value === undefined || value.includes('%') ? NaN : Number.parseFloat(value)

/**
 * The root element of an SVG whose size no decoder can draw, because it is below a pixel or beyond all numbers, and the
 * same element with its longest side at `side` pixels. Null if it has no size at all.
 */
export function sizedRoot(text: string, side: number) {
  const part = root.exec(text.replace(skipped, ''))?.[0]
  if (part === undefined) return null
  const box = valueOf(part, 'viewBox')
    ?.trim()
    .split(/[\s,]+/)
    .map(Number)
  const lengths = { width: lengthOf(valueOf(part, 'width')), height: lengthOf(valueOf(part, 'height')) }
  const width = Number.isNaN(lengths.width) ? (box?.[2] ?? NaN) : lengths.width
  const height = Number.isNaN(lengths.height) ? (box?.[3] ?? NaN) : lengths.height
  if (!(width > 0 && height > 0)) return null
  const scale = side / Math.max(width, height)
  const size = (length: number) => Math.max(1, Math.round(length * scale))
  const bare = part.replace(/\s(?:width|height)\s*=\s*(?:"[^"]*"|'[^']*')/g, '')
  const sized = ` width="${size(width)}" height="${size(height)}"${box ? '' : ` viewBox="0 0 ${width} ${height}"`}`
  const name = /^<[^\s>/]+/.exec(bare)?.[0] ?? ''
  return { part, by: name + sized + bare.slice(name.length) }
}
