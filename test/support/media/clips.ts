import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { programs } from '../programs.ts'

const run = promisify(execFile)

/**
 * Two seconds of a test pattern, 320 by 240 pixels; `turned` is held upright, `sound-only` has no picture and lasts a second.
 * `hlg.mov` is one frame of bars in HDR: red, green, dark grey and white of 100 cd/m².
 * They were made by ffmpeg: `-f lavfi -i testsrc=d=2:r=10:s=320x240 -pix_fmt yuv420p -bitexact`.
 */
export type Clip =
  | 'index-at-end.mp4'
  | 'index-at-start.mp4'
  | 'turned.mp4'
  | 'quicktime.mov'
  | 'webm.webm'
  | 'sound-only.mp4'
  | 'sound-only.webm'
  | 'hlg.mov'

export const clipPath = (name: Clip) => new URL(`../../fixtures/clips/${name}`, import.meta.url).pathname

export const clip = (name: Clip) => readFile(clipPath(name))

/** Makes a clip with the ffmpeg of this machine; `args` are between its inputs and its output. */
export async function makeClip(path: string, args: readonly string[]) {
  if (programs.ffmpeg === null) throw new Error('There is no ffmpeg: skip the test.')
  await run(programs.ffmpeg, ['-v', 'error', '-y', ...args, path])
  return path
}

interface Box {
  readonly type: string
  readonly body: Buffer
}

/** The boxes that an MP4, or one of its boxes, is made of. */
export function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = []
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at)
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + size) })
    at += size
  }
  return boxes
}

export function box(type: string, ...parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(8)
  const body = Buffer.concat(parts)
  head.writeUInt32BE(body.length + 8)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

const containers = new Set(['moov', 'trak', 'mdia', 'minf', 'dinf'])

/** An MP4 whose boxes of a type are others. */
export function withBoxes(bytes: Buffer, type: string, change: (body: Buffer) => Buffer): Buffer {
  return Buffer.concat(
    boxesOf(bytes).map((one) => {
      if (one.type === type) return box(type, change(one.body))
      return box(one.type, containers.has(one.type) ? withBoxes(one.body, type, change) : one.body)
    }),
  )
}

/**
 * Writes a video of a given size, which no other call gives: a real clip, and a box with noise that players skip. Gives its
 * SHA-256.
 */
export async function writeLargeVideo(path: string, sizeBytes: number): Promise<string> {
  const head = await clip('index-at-start.mp4')
  const box = Buffer.alloc(16)
  box.writeUInt32BE(1, 0) // Its size comes after its type, in 64 bits.
  box.write('free', 4, 'latin1')
  box.writeBigUInt64BE(BigInt(sizeBytes - head.length), 8)
  const hash = createHash('sha256')
  const file = await open(path, 'w')
  const add = async (bytes: Buffer) => {
    hash.update(bytes)
    await file.write(bytes)
  }
  await add(Buffer.concat([head, box]))
  const batch = 4 * 1024 * 1024
  for (let left = sizeBytes - head.length - box.length; left > 0; left -= batch) {
    await add(randomBytes(Math.min(left, batch)))
  }
  await file.close()
  return hash.digest('hex')
}
