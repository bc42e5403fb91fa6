import { open } from 'node:fs/promises'
import { documentTypes, encodingOf, textTypeNamed } from '../../domain/document-types.ts'
import { JsonReader } from './json.ts'

/** Strings of larger parts are too large for the young generation of the heap and stay in memory for longer. */
const chunkBytes = 32 * 1024

/** Characters that no text has: control characters, except tab, line feed, form feed and carriage return. */
const controls = /[\u0000-\u0008\u000b\u000e-\u001f\u007f]/

/** Decodes a text in parts. Undefined for a part that is no text. */
function decoderOf(encoding: string) {
  const decoder = new TextDecoder(encoding, { fatal: true })
  return (bytes?: Uint8Array): string | undefined => {
    try {
      const text = bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
      return controls.test(text) ? undefined : text
    } catch {
      return undefined
    }
  }
}

/** Whether a file that begins so can be a text. */
export const beginsAsText = (head: Uint8Array): boolean =>
  head.length > 0 && decoderOf(encodingOf(head))(head) !== undefined

async function* chunksOf(path: string) {
  const file = await open(path)
  try {
    const chunk = Buffer.alloc(chunkBytes)
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes)
      if (bytesRead === 0) return
      yield chunk.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/**
 * The type of a text, whatever it describes: HTML and scripts are plain text. Null if the file is no text from its
 * beginning to its end: not valid in its encoding, or with control characters.
 */
export async function textType(path: string, fileName: string | undefined): Promise<string | null> {
  const json = new JsonReader()
  let isJson = true
  let decode: ReturnType<typeof decoderOf> | undefined
  for await (const chunk of chunksOf(path)) {
    if (!decode) {
      const encoding = encodingOf(chunk)
      isJson = encoding === 'utf-8'
      decode = decoderOf(encoding)
    }
    const text = decode(chunk)
    if (text === undefined) return null
    isJson &&= json.read(text)
  }
  if (decode?.() === undefined) return null
  return isJson && json.isComplete ? documentTypes.json : textTypeNamed(fileName)
}
