import type { Element, Root } from 'hast'
import { visit } from 'unist-util-visit'
import {
  maxReferences,
  maxReferenceText,
  mayName,
  type Reference,
  referenceKey,
  referenceOf,
} from '../references.ts'
import { type BlockText, blockTree } from './block-tree.ts'

/** An item that a text names, with the text of the first link to it or the description of the first picture. */
export interface NamedItem extends Reference {
  readonly text: string
}

/** The item that an element links to or shows. */
export function referenceIn({ tagName, properties }: Element): Reference | undefined {
  const target = tagName === 'a' ? properties['href'] : tagName === 'img' ? properties['src'] : undefined
  return typeof target === 'string' ? referenceOf(target) : undefined
}

/** The text in an element, and the descriptions of the pictures in it. */
export function textIn(node: Element): string {
  const parts: string[] = []
  visit(node, (part) => {
    if (part.type === 'text') parts.push(part.value)
    else if (part.type === 'element' && part.tagName === 'img') parts.push(part.properties['alt'] ?? '')
  })
  return parts.join('')
}

/** The items that a tree names, each once, in order. */
export function namedInTree(tree: Root): NamedItem[] {
  const named = new Map<string, NamedItem>()
  visit(tree, 'element', (node) => {
    const reference = referenceIn(node)
    if (!reference || named.size === maxReferences) return
    const key = referenceKey(reference)
    if (!named.has(key))
      named.set(key, { ...reference, text: Array.from(textIn(node)).slice(0, maxReferenceText).join('') })
  })
  return [...named.values()]
}

/** The items that a block names, each once, in order. */
export const namedIn = (block: BlockText): NamedItem[] =>
  mayName(block.content) ? namedInTree(blockTree(block)) : []
