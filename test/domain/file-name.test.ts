import { expect, test } from 'vitest'
import { displayFileName, formFileName } from '../../src/domain/file-name.ts'

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
