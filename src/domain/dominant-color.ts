/** Colours that differ by less than this in each of red, green and blue count as one. */
const step = 32

/** Pixels that are more transparent than opaque are not counted. */
const opaqueFrom = 128

/**
 * The colour that covers most of a picture, as `#rrggbb`: the mean of the pixels in the fullest of the 512 cubes of the
 * colour space. `rgba` holds four bytes per pixel. Null when nothing is visible.
 */
export function dominantColor(rgba: Uint8Array): string | null {
  const cubes = new Map<number, { count: number; red: number; green: number; blue: number }>()
  let fullest: { count: number; red: number; green: number; blue: number } | undefined
  for (let at = 0; at + 3 < rgba.length; at += 4) {
    const [red = 0, green = 0, blue = 0, opacity = 0] = rgba.subarray(at, at + 4)
    if (opacity < opaqueFrom) continue
    const place = (Math.floor(red / step) * 8 + Math.floor(green / step)) * 8 + Math.floor(blue / step)
    const cube = cubes.get(place) ?? { count: 0, red: 0, green: 0, blue: 0 }
    cubes.set(place, cube)
    cube.count += 1
    cube.red += red
    cube.green += green
    cube.blue += blue
    if (!fullest || cube.count > fullest.count) fullest = cube
  }
  if (!fullest) return null
  const { count, red, green, blue } = fullest
  const hex = (sum: number) =>
    Math.round(sum / count)
      .toString(16)
      .padStart(2, '0')
  return `#${hex(red)}${hex(green)}${hex(blue)}`
}
