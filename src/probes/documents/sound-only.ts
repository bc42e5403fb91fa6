import type { FileBytes } from '../structure/file-bytes.ts'
import { boxesOf } from '../structure/iso.ts'

/** The boxes on the way to the handlers of tracks. */
const containers = new Set(['moov', 'trak', 'mdia'])

async function* handlersOf(file: FileBytes, start: number, end: number): AsyncGenerator<string> {
  for await (const box of boxesOf(file, start, end)) {
    if (containers.has(box.type)) yield* handlersOf(file, box.at, Math.min(box.end, end))
    if (box.type === 'hdlr') yield (await file.read(box.at + 8, 4)).toString('latin1')
  }
}

/** Whether an MP4 has tracks of sound and none of pictures. */
export async function hasSoundTracksOnly(file: FileBytes): Promise<boolean> {
  let sound = false
  for await (const handler of handlersOf(file, 0, file.size)) {
    if (handler === 'vide') return false
    sound ||= handler === 'soun'
  }
  return sound
}
