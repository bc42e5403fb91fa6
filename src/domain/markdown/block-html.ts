import type { Element, ElementContent, Root } from 'hast'
import { SKIP, visit } from 'unist-util-visit'
import { type Reference, referenceKey, referenceSchemes } from '../references.ts'
import { element } from './block-tree.ts'
import { referenceIn, textIn } from './named-items.ts'
import { safeHtml } from './safe-html.ts'

/** Why a reference leads nowhere. */
export type BrokenReference = 'TRASHED' | 'MISSING'

/** A picture of a media item at a URL. Its size is null when it is unknown. */
export interface ShownPicture {
  readonly url: string
  readonly width: number | null
  readonly height: number | null
}

/** A live media item, with URLs that work now. */
export interface ShownMedia {
  readonly mimeType: string
  readonly fileName: string
  readonly altText: string | null
  /** The URL of the original. */
  readonly url: string
  /** Pictures of it, smallest first; none if no still picture can be made of it. */
  readonly pictures: readonly ShownPicture[]
}

/** What a reference leads to. */
export type Target =
  { readonly broken: BrokenReference } | { readonly name: string } | { readonly media: ShownMedia }

export type Targets = ReadonlyMap<string, Target>

const text = (value: string): ElementContent => ({ type: 'text', value })

const sizeOf = ({ width, height }: ShownPicture) =>
  width === null || height === null ? {} : { width, height }

/** The sources of a picture from which the browser chooses. */
function sourcesOf(pictures: readonly ShownPicture[]) {
  const largest = pictures.at(-1)
  if (!largest?.width || pictures.some(({ width }) => width === null)) return {}
  return {
    srcSet: pictures.map(({ url, width }) => `${url} ${width}w`).join(', '),
    sizes: `(min-width: ${largest.width}px) ${largest.width}px, 100vw`,
  }
}

type Properties = Element['properties']

const isEmpty = ({ children }: Element) =>
  children.every((child) => child.type === 'text' && child.value.trim() === '')

/** A media item in the place of a picture: shown, played, or a link to the file. */
function shown(media: ShownMedia, about: Properties, written: { alt: string; titled: Properties }) {
  const { mimeType, url, pictures } = media
  const alt = written.alt || (media.altText ?? '')
  const largest = pictures.at(-1)
  const player = { ...about, src: url, controls: true, preload: 'metadata', ariaLabel: alt || media.fileName }
  if (mimeType.startsWith('audio/')) return element('audio', player)
  if (mimeType.startsWith('video/'))
    return element('video', { ...player, ...(largest ? { poster: largest.url, ...sizeOf(largest) } : {}) })
  if (!largest) return element('a', { ...about, href: url }, [text(alt || media.fileName)])
  // A thumbnail of an animation stands still.
  const source = mimeType === 'image/gif' ? { src: url } : { src: largest.url, ...sourcesOf(pictures) }
  return element('img', { ...about, ...source, ...sizeOf(largest), alt, ...written.titled, loading: 'lazy' })
}

/** The element of a link or picture that names an item. */
function referring(node: Element, reference: Reference, target: Target): Element {
  const { type, id } = reference
  const about = { dataItemType: type, dataItemId: id }
  const { alt, title } = node.properties
  const titled = title === undefined ? {} : { title }
  const isPicture = node.tagName === 'img'
  const written = isPicture ? (alt ?? '') : textIn(node)
  const children = isPicture || isEmpty(node) ? [] : node.children
  const permanent = `${referenceSchemes[type]}:${id}`
  const labelled = (name: string) => (children.length > 0 ? children : [text(written || name)])
  if ('broken' in target) return element('span', { ...about, dataBroken: target.broken }, labelled(permanent))
  if ('media' in target && isPicture) return shown(target.media, about, { alt: written, titled })
  const [href, name] =
    'media' in target ? [target.media.url, target.media.fileName] : [`#${permanent}`, target.name]
  return element('a', { ...about, href, ...titled }, labelled(name))
}

/** Other sites learn nothing of the page from its links and pictures, and a link does not recommend them. */
function ofOthers({ tagName, properties }: Element): Properties {
  const { href, src } = properties
  if (tagName === 'a' && !String(href).startsWith('#'))
    return { ...properties, rel: ['nofollow', 'noopener', 'noreferrer'] }
  return tagName === 'img' && src
    ? { ...properties, loading: 'lazy', referrerPolicy: 'no-referrer' }
    : properties
}

/** A tree of a block as HTML that cannot run anything, with the targets of its references. */
export function blockHtml(tree: Root, targets: Targets): string {
  visit(tree, 'element', (node, index, parent) => {
    const reference = referenceIn(node)
    if (!reference || !parent || index === undefined) {
      node.properties = ofOthers(node)
      return undefined
    }
    const target = targets.get(referenceKey(reference)) ?? { broken: 'MISSING' as const }
    const made = referring(node, reference, target)
    parent.children[index] = made
    // The pictures in a link are replaced too.
    if (made.children !== node.children) return [SKIP, index + 1]
    return undefined
  })
  return safeHtml(tree)
}
