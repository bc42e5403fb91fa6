/** How the numbers of a picture or video mean colours, by the code points of ITU-T H.273. */
export interface Colours {
  readonly primaries: number
  readonly transfer: number
}

const pq = 16
const hlg = 18
const linear = 8

/** The brightness of white paper in HDR pictures, and the one that they are assumed to reach at most, in cd/m². */
const whiteNits = 203
const peakNits = 1_000

/** Up to this brightness, where 1 is white, HDR colours stay as they are; the rest is compressed to what is left. */
const knee = 0.5

/** From the primaries of BT.2020 and of Display P3 to those of sRGB. */
const bt2020 = [1.660491, -0.587641, -0.07285, -0.12455, 1.1329, -0.008349, -0.018151, -0.100579, 1.11873]
const displayP3 = [1.22494, -0.22494, 0, -0.042057, 1.042057, 0, -0.019638, -0.078636, 1.098274]
const matrices = new Map([
  [9, bt2020],
  [11, displayP3],
  [12, displayP3],
])

const isHdr = ({ transfer }: Colours) => transfer === pq || transfer === hlg

/** Whether a picture without a profile would look wrong if its numbers were taken for sRGB. */
export const needsConversion = (colours: Colours) =>
  isHdr(colours) || colours.transfer === linear || matrices.has(colours.primaries)

function fromPq(value: number): number {
  const root = value ** (1 / 78.84375)
  const light = Math.max(0, root - 0.8359375) / (18.8515625 - 18.6875 * root)
  return (10_000 * light ** (1 / 0.1593017578125)) / whiteNits
}

/** With the gamma of a display of 1,000 cd/m² for each colour, as most programs do. */
function fromHlg(value: number): number {
  const scene =
    value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
  return (peakNits * scene ** 1.2) / whiteNits
}

const fromSrgb = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const toSrgb = (value: number) => (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055)

function linearOf(transfer: number): (value: number) => number {
  if (transfer === pq) return fromPq
  if (transfer === hlg) return fromHlg
  return transfer === linear ? (value) => value : fromSrgb
}

/** How much darker a colour becomes whose brightest component is `brightest`. Its hue stays. */
function compression(brightest: number): number {
  if (brightest <= knee) return 1
  const room = 1 - knee
  const over = (brightest - knee) / room
  const most = (peakNits / whiteNits - knee) / room
  return (knee + (room * over * (1 + over / most ** 2)) / (1 + over)) / brightest
}

const steps = 16_383
const bytes = Uint8Array.from({ length: steps + 1 }, (_, step) => Math.round(255 * toSrgb(step / steps)))
const byteOf = (value: number) => bytes[Math.round(Math.min(1, Math.max(0, value)) * steps)] ?? 0

type Triple = readonly [red: number, green: number, blue: number]

/** A function from the three components of a colour, as light, to those of sRGB. */
function inSrgb(colours: Colours): (colour: Triple) => Triple {
  const [rr = 1, rg = 0, rb = 0, gr = 0, gg = 1, gb = 0, br = 0, bg = 0, bb = 1] =
    matrices.get(colours.primaries) ?? []
  const hdr = isHdr(colours)
  return ([red, green, blue]) => {
    const r = rr * red + rg * green + rb * blue
    const g = gr * red + gg * green + gb * blue
    const b = br * red + bg * green + bb * blue
    const scale = hdr ? compression(Math.max(r, g, b)) : 1
    return [r * scale, g * scale, b * scale]
  }
}

/** Converts pixels of three or four components of 16 bits to sRGB with 8 bits. HDR is tone-mapped. */
export function convertToSrgb(pixels: Uint16Array, channels: number, colours: Colours): Uint8Array {
  const decode = linearOf(colours.transfer)
  const light = Float32Array.from({ length: 65_536 }, (_, value) => decode(value / 65_535))
  const lightAt = (at: number) => light[pixels[at] ?? 0] ?? 0
  const convert = inSrgb(colours)
  const result = new Uint8Array(pixels.length)
  for (let at = 0; at < pixels.length; at += channels) {
    const [red, green, blue] = convert([lightAt(at), lightAt(at + 1), lightAt(at + 2)])
    result[at] = byteOf(red)
    result[at + 1] = byteOf(green)
    result[at + 2] = byteOf(blue)
    if (channels === 4) result[at + 3] = (pixels[at + 3] ?? 0) >> 8
  }
  return result
}
