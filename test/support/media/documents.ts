import { readFile } from 'node:fs/promises'

interface Pdf {
  readonly width?: number
  readonly height?: number
  readonly pages?: number
  /** Operators that draw each page. */
  readonly content?: string
  /** More entries of the catalogue and of the trailer. */
  readonly catalogue?: string
  readonly trailer?: string
}

/** A PDF whose pages have a red square in the corner. */
export function pdfOf({
  width = 595,
  height = 842,
  pages = 1,
  content = '1 0 0 rg 0 0 200 200 re f',
  catalogue = '',
  trailer = '',
}: Pdf = {}): Buffer {
  const numbers = Array.from({ length: pages }, (_, index) => index + 4)
  const objects = [
    `<< /Type /Catalog /Pages 2 0 R ${catalogue} >>`,
    `<< /Type /Pages /Kids [${numbers.map((number) => `${number} 0 R`).join(' ')}] /Count ${pages}
     /MediaBox [0 0 ${width} ${height}] >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    ...numbers.map(() => '<< /Type /Page /Parent 2 0 R /Contents 3 0 R /Resources << >> >>'),
  ]
  let body = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'
  const places = objects.map((object, index) => {
    const at = body.length
    body += `${index + 1} 0 obj\n${object}\nendobj\n`
    return `${String(at).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`
  const end = `trailer << /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${body.length}\n%%EOF\n`
  return Buffer.from(body + table + end, 'latin1')
}

/**
 * A second of a tone; `cover` has a red square as cover art. Made by ffmpeg: `-f lavfi -i sine=d=1:r=8000 -ac 1
 * -bitexact`.
 */
export type Recording =
  'sine.mp3' | 'sine.m4a' | 'vorbis.ogg' | 'opus.ogg' | 'sine.wav' | 'sine.flac' | 'cover.mp3' | 'cover.m4a'

export const recordingPath = (name: Recording) =>
  new URL(`../../fixtures/recordings/${name}`, import.meta.url).pathname

export const recording = (name: Recording) => readFile(recordingPath(name))
