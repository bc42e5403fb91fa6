import { box, clip, withBoxes } from './clips.ts'

function tagged(type: number, data: Buffer) {
  const head = Buffer.alloc(4)
  head.writeInt16BE(type, 0)
  head.writeInt16BE(data.length, 2)
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)])
}

/** A QuickTime film whose pictures are in a file beside it, named by an alias record as old Macintoshes made them. */
export async function filmElsewhere(target: string): Promise<Buffer> {
  const record = Buffer.alloc(154)
  const name = target.split('/').at(-1) ?? ''
  record[14] = record.write('disk', 15)
  record[54] = record.write(name, 55, 63)
  // As many folders up as down: none.
  record.writeInt16BE(1, 134)
  record.writeInt16BE(1, 136)
  const entry = box(
    'alis',
    record,
    tagged(2, Buffer.from(`disk:${target}`)),
    tagged(-1, Buffer.alloc(0)),
    Buffer.alloc(8),
  )
  const one = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])
  const film = withBoxes(await clip('quicktime.mov'), 'dref', () => Buffer.concat([one, entry]))
  // Its own pictures are gone.
  return withBoxes(film, 'mdat', (body) => Buffer.alloc(body.length))
}

/** Files that make a program which guesses read another one. */
export const playlists = (
  target: string,
): readonly (readonly [name: string, format: string, bytes: Buffer])[] => [
  [
    'HLS playlist',
    'hls',
    Buffer.from(`#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${target}\n#EXT-X-ENDLIST\n`),
  ],
  ['list of ffmpeg', 'concat', Buffer.from(`ffconcat version 1.0\nfile '${target}'\n`)],
]
