import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sniffType, typeOf } from '../../src/probes/sniff.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { endOf, officeFile, sectorFile, statedFile, zipOf } from '../support/media/archives.ts'
import { boxesOf, clip, withBoxes } from '../support/media/clips.ts'
import { pdfOf, recording } from '../support/media/documents.ts'

removeTemporaryFolders()

/** The type of a file, as an upload finds it. */
async function typed(bytes: Buffer, fileName = 'file.bin') {
  const path = join(await temporaryFolder(), 'file')
  await writeFile(path, bytes)
  return typeOf({ path, sniffed: await sniffType(bytes.subarray(0, 16 * 1024)), fileName })
}

const text = (content: string) => Buffer.from(content)
const office = 'application/vnd.openxmlformats-officedocument'
const open = 'application/vnd.oasis.opendocument'

test.each<[string, () => Buffer | Promise<Buffer>, string]>([
  ['a PDF', () => pdfOf(), 'application/pdf'],
  ['a Word document', () => officeFile('docx'), `${office}.wordprocessingml.document`],
  ['an Excel sheet', () => officeFile('xlsx'), `${office}.spreadsheetml.sheet`],
  ['a PowerPoint presentation', () => officeFile('pptx'), `${office}.presentationml.presentation`],
  [
    'a Word document with macros',
    () => officeFile('docm'),
    'application/vnd.ms-word.document.macroEnabled.12',
  ],
  ['a text of OpenDocument', () => statedFile(`${open}.text`), `${open}.text`],
  ['a sheet of OpenDocument', () => statedFile(`${open}.spreadsheet`), `${open}.spreadsheet`],
  ['slides of OpenDocument', () => statedFile(`${open}.presentation`), `${open}.presentation`],
  ['an EPUB', () => statedFile('application/epub+zip'), 'application/epub+zip'],
  ['a ZIP', () => zipOf(['a.txt', 'a'], ['b/c.txt', 'c']), 'application/zip'],
  ['an empty ZIP', () => endOf(0, 0, 0), 'application/zip'],
  [
    'a Word document before 2007',
    () => sectorFile(['\x05SummaryInformation', 'WordDocument']),
    'application/msword',
  ],
  ['an Excel sheet before 2007', () => sectorFile(['Workbook']), 'application/vnd.ms-excel'],
  ['an Excel sheet before 1997', () => sectorFile(['Book']), 'application/vnd.ms-excel'],
  [
    'a presentation before 2007',
    () => sectorFile(['Pictures', 'PowerPoint Document']),
    'application/vnd.ms-powerpoint',
  ],
  ['an MP3', () => recording('sine.mp3'), 'audio/mpeg'],
  ['an MP3 with cover art', () => recording('cover.mp3'), 'audio/mpeg'],
  ['an M4A', () => recording('sine.m4a'), 'audio/mp4'],
  ['an M4A with cover art', () => recording('cover.m4a'), 'audio/mp4'],
  ['an MP4 with sound only', () => clip('sound-only.mp4'), 'audio/mp4'],
  ['Vorbis', () => recording('vorbis.ogg'), 'audio/ogg'],
  ['Opus', () => recording('opus.ogg'), 'audio/ogg'],
  ['a WAV', () => recording('sine.wav'), 'audio/wav'],
  ['a FLAC', () => recording('sine.flac'), 'audio/flac'],
  ['a film', () => clip('index-at-end.mp4'), 'video/mp4'],
  ['JSON', () => text('\n {"a": [1, null, "\\u00e9"]}\n'), 'application/json'],
  ['JSON with a byte order mark', () => text('\ufeff[]'), 'application/json'],
])('%s is told from its bytes, whatever its name says', async (_case, bytes, expected) => {
  expect(await typed(await bytes(), 'holiday.jpg')).toBe(expected)
})

test.each<[string, string, Buffer, string]>([
  ['a text', 'notes.txt', text('Größe, 大小'), 'text/plain'],
  ['a text without a name', '', text('words'), 'text/plain'],
  ['a text of UTF-16', 'notes.txt', Buffer.from('\ufeffwords 大', 'utf16le'), 'text/plain'],
  ['a text of UTF-16 in the other order', 'a', Buffer.from('\ufeffwords', 'utf16le').swap16(), 'text/plain'],
  ['Markdown', 'README.MD', text('# Title'), 'text/markdown'],
  ['Markdown by its longer extension', 'a.markdown', text('# Title'), 'text/markdown'],
  ['a CSV with a byte order mark', 'sheet.csv', text('\ufeffa;b\r\n1;2\r\n'), 'text/csv'],
  ['a CSV of UTF-16', 'sheet.csv', Buffer.from('\ufeffa\tb', 'utf16le'), 'text/csv'],
  ['the same with another name', 'sheet.txt', text('a;b'), 'text/plain'],
  ['HTML', 'page.html', text('<!DOCTYPE html><script>alert(1)</script>'), 'text/plain'],
  [
    'HTML with an SVG',
    'page.svg',
    text('<html><svg xmlns="http://www.w3.org/2000/svg"/></html>'),
    'text/plain',
  ],
  ['a script', 'run.js', text('alert(1)'), 'text/plain'],
  ['XML', 'feed.xml', text('<?xml version="1.0"?><feed/>'), 'text/plain'],
  ['lines of JSON', 'log.jsonl', text('{"a":1}\n{"a":2}\n'), 'text/plain'],
  ['broken JSON', 'a.json', text('{"a":1'), 'text/plain'],
  ['a number', 'a.json', text('42'), 'text/plain'],
  ['a text that begins as a bitmap does', 'a.txt', text('BMW and other cars'), 'text/plain'],
  ['a script that begins as a GIF does', 'a.gif', text('GIF89a=1;alert(1)'), 'text/plain'],
  ['a text that begins as a recording does', 'a.mp3', text('ID3 is a tag'), 'text/plain'],
  ['an SVG', 'a.txt', text('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'],
  [
    'a PDF that is a page of HTML as well',
    'a.html',
    text('%PDF-1.7\n<script>alert(1)</script>'),
    'application/pdf',
  ],
])('%s named %j is that, among texts by its extension', async (_case, name, bytes, expected) => {
  expect(await typed(bytes, name)).toBe(expected)
})

test.each<[string, Buffer, string | null]>([
  ['a NUL byte', Buffer.alloc(1), null],
  ['a text with a NUL byte at its end', Buffer.concat([text('a'.repeat(40_000)), Buffer.alloc(1)]), null],
  ['a text with a control character', text('a\u001bb'), null],
  [
    'a text that is not valid UTF-8 late',
    Buffer.concat([text('a'.repeat(300_000)), Buffer.from([0xe9])]),
    null,
  ],
  ['a text that ends in the middle of a character', text('a€').subarray(0, 3), null],
  ['half a character of UTF-16', Buffer.from([0xff, 0xfe, 0x61]), null],
  ['UTF-16 without a byte order mark', Buffer.from('words', 'utf16le'), null],
  [
    'a picture after the tag of a recording',
    Buffer.from('49443304000000000000ffd8ffe000104a46494600', 'hex'),
    null,
  ],
  ['a file of sectors that is no document', sectorFile(['__properties_version1.0']), 'application/x-cfb'],
  [
    'a Thumbs.db with an embedded document',
    sectorFile([['ObjectPool', 'WordDocument']]),
    'application/x-cfb',
  ],
  ['a file of sectors that is cut off', sectorFile(['WordDocument']).subarray(0, 600), 'application/x-cfb'],
  ['a program', Buffer.from('7f454c4602010100000000000000000002003e00', 'hex'), 'application/x-elf'],
])('%s is no document', async (_case, bytes, expected) => {
  expect(await typed(bytes, 'a.txt')).toBe(expected)
})

test('a document with another one in it is what it is itself', async () => {
  expect(await typed(sectorFile([['ObjectPool', 'Workbook'], 'WordDocument']))).toBe('application/msword')
  const outer = zipOf(['word.docx', officeFile('docx'), 'stored'], ['mimetype.txt', 'application/epub+zip'])
  expect(await typed(outer)).toBe('application/zip')
})

test('the list of streams is found behind a long table of sectors', async () => {
  for (const before of [20_000, 40_000])
    expect(await typed(sectorFile(['WordDocument'], before))).toBe('application/msword')
})

test('a list of streams that goes round in circles ends', async () => {
  const bytes = sectorFile(['a', 'b', 'c', 'd', 'e'])
  const first = bytes.readUInt32LE(48)
  bytes.writeUInt32LE(first, 512 + first * 4) // The first sector follows itself.
  bytes.writeUInt32LE(1, (first + 1) * 512 + 128 + 72) // The first stream is its own sibling.
  expect(await typed(bytes)).toBe('application/x-cfb')
})

test.each([
  ['a type that browsers run', 'text/html'],
  ['the type of a picture', 'image/png'],
  ['the type of a PDF', 'application/pdf'],
  ['nothing', ''],
])('an archive that states %s is a ZIP', async (_case, stated) => {
  expect(await typed(statedFile(stated))).toBe('application/zip')
  const types = `<Types><Override ContentType="${stated}.main+xml"/></Types>`
  expect(await typed(zipOf(['[Content_Types].xml', types]))).toBe('application/zip')
})

test('an archive without its end is refused, and one with a damaged list is a ZIP at most', async () => {
  const whole = officeFile('docx')
  expect(await typed(whole.subarray(0, whole.length - 10))).toMatchObject({
    __typename: 'UnreadableFile',
    unreadableReason: 'INCOMPLETE',
  })
  const directory = whole.indexOf('PK\x01\x02')
  const damaged = Buffer.concat([
    whole.subarray(0, directory),
    Buffer.alloc(4),
    whole.subarray(directory + 4),
  ])
  expect(await typed(damaged)).toBe('application/zip')
  const lost = Buffer.from(whole)
  lost.writeUInt32LE(0xff_ff_ff_f0, whole.length - 6)
  expect(await typed(lost)).toBe('application/zip')
  // A large archive has its numbers in another record, which this one lacks.
  lost.writeUInt32LE(0xff_ff_ff_ff, whole.length - 6)
  expect(await typed(lost)).toMatchObject({ unreadableReason: 'INCOMPLETE' })
})

test('an archive is not unpacked to tell its type, nor is one that states it in a bomb', async () => {
  const bomb = Buffer.alloc(64 * 1024 ** 2)
  const states = zipOf(['[Content_Types].xml', bomb])
  const holds = zipOf(['bomb', bomb], ['mimetype', 'application/epub+zip'])
  const before = process.memoryUsage.rss()
  expect(await typed(states)).toBe('application/zip')
  expect(await typed(holds)).toBe('application/epub+zip')
  expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 1024 ** 2)
})

test('an archive of more files than anybody looks at is a ZIP', async () => {
  const many = Array.from({ length: 12_000 }, (_, index) => [`${index}`, '', 'stored'] as const)
  expect(await typed(zipOf(...many, ['mimetype', 'application/epub+zip']))).toBe('application/zip')
})

test('an MP4 is a film if one of its tracks has pictures, wherever its index is', async () => {
  const film = await clip('index-at-start.mp4')
  const [sound] = boxesOf(await clip('sound-only.mp4')).flatMap(({ type, body }) =>
    type === 'moov' ? boxesOf(body).filter((one) => one.type === 'trak') : [],
  )
  if (!sound) throw new Error('The clip has a track.')
  const none = withBoxes(film, 'hdlr', (body) =>
    Buffer.concat([body.subarray(0, 8), text('meta'), body.subarray(12)]),
  )
  expect(await typed(none)).toBe('video/mp4')
  const heard = withBoxes(film, 'hdlr', (body) =>
    Buffer.concat([body.subarray(0, 8), text('soun'), body.subarray(12)]),
  )
  expect(await typed(heard)).toBe('audio/mp4')
})
