import { expect, test } from 'vitest'
import { sniffType } from '../../src/probes/sniff.ts'
import { box } from '../support/media/clips.ts'

const latin = (text: string) => Buffer.from(text, 'latin1')
const version = Buffer.alloc(4)

/** The head of a file with these brands, the major one first. */
const branded = (major: string, compatible: readonly string[], ...boxes: readonly Buffer[]) =>
  Buffer.concat([
    box('ftyp', latin(major), version, latin(compatible.join(''))),
    ...(boxes.length > 0 ? boxes : [box('free', Buffer.alloc(40))]),
  ])

const pictures = box('meta', version, box('hdlr', version, version, latin('pict'), Buffer.alloc(12)))
const film = box('moov', box('mvhd', Buffer.alloc(100)))

test.each([
  ['avif', ['mif1', 'avif', 'miaf'], 'image/avif'],
  ['mif1', ['mif1', 'avif', 'miaf'], 'image/avif'],
  ['miaf', ['mif1', 'avif', 'miaf'], 'image/avif'],
  ['msf1', ['avis', 'msf1', 'miaf'], 'image/avif'],
  ['avis', ['avis', 'avif', 'msf1', 'iso8', 'mif1'], 'image/avif'],
  ['isom', ['iso8', 'avif'], 'image/avif'],
  ['heic', ['mif1', 'heic'], 'image/heic'],
  ['heix', ['mif1', 'heix'], 'image/heic'],
  ['mif1', ['mif1', 'heic'], 'image/heic'],
  ['msf1', ['msf1', 'hevc'], 'image/heic'],
  ['miaf', ['miaf'], 'image/heif'],
  ['mif1', ['mif1'], 'image/heif'],
  ['msf1', [], 'image/heif'],
  ['isom', ['isom', 'iso2', 'avc1', 'mp41'], 'video/mp4'],
  ['iso5', ['iso5', 'dash'], 'video/mp4'],
  ['dash', ['iso6', 'avc1'], 'video/mp4'],
  ['MSNV', ['MSNV', 'mp42'], 'video/mp4'],
  ['f4v ', ['isom', 'mp42'], 'video/mp4'],
  ['F4V ', ['isom', 'mp42'], 'video/mp4'],
  ['M4V ', ['M4V ', 'iso2', 'avc1'], 'video/mp4'],
  ['M4VP', ['M4V ', 'isom'], 'video/mp4'],
  ['3gp4', ['3gp4', 'iso2', 'avc1'], 'video/mp4'],
  ['3g2a', ['3g2a', 'isom'], 'video/mp4'],
  ['mp42', [], 'video/mp4'],
  ['qt  ', ['qt  '], 'video/quicktime'],
  ['M4A ', ['M4A ', 'mp42'], 'audio/mp4'],
  ['M4B ', ['M4B ', 'mp42'], 'audio/mp4'],
  ['F4A ', ['isom'], 'audio/mp4'],
  ['crx ', ['isom'], 'image/x-canon-cr3'],
])('a file of the brand %s that is compatible with %j is %s', async (major, compatible, expected) => {
  expect(await sniffType(branded(major, compatible))).toBe(expected)
})

test('a file whose brand says nothing is a picture if it describes pictures, and a video if it describes a film', async () => {
  expect(await sniffType(branded('isom', ['iso8'], pictures))).toBe('image/heif')
  expect(await sniffType(branded('isom', ['iso8'], box('free', version), film, pictures))).toBe('video/mp4')
})

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>'
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

test.each<[string, Buffer]>([
  ['UTF-8 with a byte order mark', latin(`\xef\xbb\xbf${svg}`)],
  [
    'UTF-16 with a byte order mark',
    Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${svg}`, 'utf16le'),
  ],
  ['UTF-16 in the other order', utf16be(`\ufeff<!-- Drawn by hand -->${svg}`)],
  ['UTF-16 without a byte order mark', Buffer.from(svg, 'utf16le')],
  ['UTF-16 in the other order without one', utf16be(svg)],
  ['a prefix', latin('<!DOCTYPE svg:svg><svg:svg xmlns:svg="http://www.w3.org/2000/svg"></svg:svg>')],
  ['an empty root without attributes', latin('<svg/>')],
])('an SVG in %s is told', async (_case, bytes) => {
  expect(await sniffType(bytes)).toBe('image/svg+xml')
})

test.each<[string, Buffer, string | null]>([
  ['HTML with an SVG', latin(`<!DOCTYPE html><html>${svg}</html>`), 'text/plain'],
  ['a BigTIFF', Buffer.from('49492b000800000010000000000000000000', 'hex'), 'image/tiff'],
  ['a lossless JPEG', Buffer.from('ffd8fff700110803000400', 'hex'), 'image/jls'],
  ['a JPEG 2000', Buffer.from('0000000c6a5020200d0a870a00000014667479706a703220', 'hex'), 'image/jp2'],
])('%s is told from what it resembles', async (_case, bytes, expected) => {
  expect(await sniffType(bytes)).toBe(expected)
})
