import { expect, test } from 'vitest'
import { displayFileName, formFileName, newFileName } from '../../src/domain/file-name.ts'

const book = '书'
const lengthOf = (name: string) => Array.from(name).length

test.each([
  ['is kept as it is', 'picture.jpg', 'picture.jpg'],
  ['may be Chinese', '我的 照片.jpg', '我的 照片.jpg'],
  ['may hold emoji', '👩‍🚀 rocket.png', '👩‍🚀 rocket.png'],
  ['loses path separators', '../../etc/passwd', '....etcpasswd'],
  ["loses Windows' path separators", 'C:\\photos\\me.jpg', 'C:photosme.jpg'],
  ['loses control characters', 'a\0b\r\nc\td\u007fe\u0085f.jpg', 'abcdef.jpg'],
  ['loses line and paragraph separators', 'a\u2028b\u2029c.jpg', 'abc.jpg'],
  ['loses what turns the direction of writing', 'photo\u202egpj.exe\u2066\u2069', 'photogpj.exe'],
  ['loses spaces around it', '  picture.jpg \n', 'picture.jpg'],
  ['keeps percent signs', '%E4%B9%A6.jpg', '%E4%B9%A6.jpg'],
  ['keeps dots in front', '.hidden', '.hidden'],
  ['is well-formed Unicode', 'a\ud800b.jpg', 'a\ufffdb.jpg'],
  ['is `file` when there is none', undefined, 'file'],
  ['is `file` when it is empty', '', 'file'],
  ['is `file` when nothing of it may stay', '/\\\0', 'file'],
  ['is `file` when nothing of it is visible', '\u200b \u00ad', 'file'],
  ['is `file` when it means the folder', '.', 'file'],
  ['is `file` when it means the folder above', '/../', 'file'],
  ['may be 255 characters long', 'x'.repeat(255), 'x'.repeat(255)],
  ['keeps its extension when it is cut', `${'x'.repeat(300)}.jpeg`, `${'x'.repeat(250)}.jpeg`],
  ['is cut without an extension', 'x'.repeat(300), 'x'.repeat(255)],
  ['is cut by characters, not by bytes', `${book.repeat(300)}.png`, `${book.repeat(251)}.png`],
  ['is never cut inside a character', `${'😀'.repeat(300)}.png`, `${'😀'.repeat(251)}.png`],
  ['takes a long end for no extension', `x.${'y'.repeat(300)}`, `x.${'y'.repeat(253)}`],
])('a file name %s', (_case, given, shown) => {
  expect(displayFileName(given)).toBe(shown)
  expect(lengthOf(shown)).toBeLessThanOrEqual(255)
})

test.each([
  ['%22', '"'],
  ['a%0D%0Ab', 'a\r\nb'],
  ['%0a%0d', '%0a%0d'],
  ['%2522', '%2522'],
  ['100% %41', '100% %41'],
])('of the name %s in a form only what browsers write is turned back', (written, name) => {
  expect(formFileName(written)).toBe(name)
})

const jpeg = { mimeType: 'image/jpeg', extension: 'jpg' }
const png = { mimeType: 'image/png', extension: 'png' }
const text = { mimeType: 'text/plain', extension: 'txt' }
const zip = { mimeType: 'application/zip', extension: 'zip' }
const recording = { mimeType: 'audio/ogg', extension: 'ogg' }

test.each([
  ['keeps its extension', 'lake.jpg', jpeg, 'lake.jpg'],
  ['may have another extension of the type', 'lake.JPEG', jpeg, 'lake.JPEG'],
  ['gets the extension that it lacks', 'lake', png, 'lake.png'],
  ['may have an extension that stands for no type, if it is a text', 'build.log', text, 'build.log'],
  ['may have the extension of any text, if it is one', 'read.md', text, 'read.md'],
  ['may have an extension that stands for no type, if it is an archive', 'comic.cbz', zip, 'comic.cbz'],
  ['may have another extension of its recording', 'voice.opus', recording, 'voice.opus'],
  ['gets one after a full stop that is none', 'Lake v1.2', jpeg, 'Lake v1.2.jpg'],
  ['gets one after an abbreviation', 'Mr. Smith', jpeg, 'Mr. Smith.jpg'],
  ['gets one after a long word', 'Lake.Petersburg', jpeg, 'Lake.Petersburg.jpg'],
  ['gets one after Chinese', '我的.照片', png, '我的.照片.png'],
  ['loses what no name may have', ' a/b\u202egpj.jpg\n', jpeg, 'abgpj.jpg'],
  ['may have 255 characters with it', '😀'.repeat(251), png, `${'😀'.repeat(251)}.png`],
])('a new file name %s', (_case, given, type, name) => {
  expect(newFileName(given, type)).toEqual({ name })
})

test.each([
  ['has the extension of another type', 'lake.png', jpeg, /image\/jpeg: end its name in \.jpg or \.jpeg/],
  ['ends like a program', 'lake.exe', png, /end its name in \.png/],
  [
    'is a text with the extension of something else',
    'report.pdf',
    text,
    /text\/plain: end its name in \.txt/,
  ],
  ['is an archive with the extension of a text', 'notes.txt', zip, /end its name in \.zip/],
  ['is a recording with an extension that stands for nothing', 'voice.log', recording, /end its name/],
  ['hides its extension behind a mark of direction', 'lake.jp\u202eg.exe', jpeg, /end its name/],
  ['has nothing visible', ' \u200b/', jpeg, /at least one visible character/],
  ['means the folder above', '..', jpeg, /at least one visible character/],
  ['is too long', `${'x'.repeat(252)}.png`, png, /at most 255 characters; you gave 256/],
  ['is too long with its extension', 'x'.repeat(252), png, /at most 255 characters; you gave 256/],
])('a new file name that %s is refused', (_case, given, type, problem) => {
  expect(newFileName(given, type)).toEqual({ problem: expect.stringMatching(problem) as string })
})
