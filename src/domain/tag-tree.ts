import { Failure } from './failure.ts'
import { withoutInvisible } from './invisible.ts'

/** How many tags one bookshelf, book or block can have, how many aliases a tag, and how many one call accepts. */
export const taggingLimits = {
  tagsPerEntity: 100,
  aliasesPerTag: 100,
  tagsPerCall: 100,
  entitiesPerCall: 1_000,
} as const

/** The colour of a tag if the user chose none. */
export const defaultTagColor = '#64748b'

/**
 * The comparison key of sibling names: case, width, the amount of space and characters that nobody sees are ignored.
 * The blank of Braille counts as space.
 */
export const nameKey = (name: string) =>
  withoutInvisible(name.normalize('NFKC'))
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[\s\u2800]+/g, ' ')
    .trim()

/** Stands in no key of a name, which has no control characters; the next one comes after all keys with it. */
const [twinMark, afterTwins] = ['\x01', '\x02']

/**
 * The key of a tag whose sibling has its name already. Such tags come from the time when invisible characters made a
 * difference; each stays until it is renamed.
 */
export const twinKey = (key: string, id: string) => `${key}${twinMark}${id}`

/** The keys of all tags with the name that has this key, from the first on and below the last. */
export const keysOfName = (key: string) => ({ from: key, below: `${key}${afterTwins}` })

interface Named {
  readonly name: string
}

/** `existing` is the tag that has the name, as its own or as an alias. */
export class NameTaken<Existing = unknown> extends Failure {
  readonly __typename = 'NameTaken'
  readonly message: string
  readonly existing: Existing

  /** `alias`: the name is an alias of that tag, which the named field of the input allows. */
  constructor(
    existing: Existing & { readonly name: string },
    alias?: { readonly aliasOf: string; readonly allow: string },
  ) {
    super()
    this.existing = existing
    this.message = alias
      ? `“${alias.aliasOf}” is an alias of the tag “${existing.name}” here. Use that tag, remove its alias, choose ` +
        `another name, or pass \`${alias.allow}: true\`.`
      : `Another tag here is named “${existing.name}”. Use that tag, merge into it, or choose another name.`
  }
}

/** `tag` is the tag that would have too many aliases. */
export class TooManyAliases<Row = unknown> extends Failure {
  readonly __typename = 'TooManyAliases'
  readonly message: string
  readonly tag: Row
  readonly limit: number

  constructor(tag: Row & { readonly name: string }, limit: number) {
    super()
    this.tag = tag
    this.limit = limit
    this.message = `The tag “${tag.name}” would have more than ${limit} aliases. Remove some first.`
  }
}

export class TagCycle extends Failure {
  readonly __typename = 'TagCycle'
  readonly message: string

  /** `merge`: the source of a merge whose target is below it. */
  constructor(merge?: { readonly source: Named; readonly target: Named }) {
    super()
    const [source, target] = [merge?.source.name, merge?.target.name]
    this.message = merge
      ? `“${target}” is below “${source}”, so it cannot take the tags below “${source}”. Merge “${target}” into ` +
        `“${source}” instead, or first move “${target}” out of it with \`moveTag\`, e.g. next to it.`
      : 'A tag cannot go below itself. Choose a tag that is not below it, or the top level.'
  }
}

/** How many pairs of equal children a refused merge shows. */
export const equalChildrenShown = 20

/** Tags below the source and the target of a merge that have one name in one place, parents first. */
export class EqualChildren<Row = unknown> extends Failure {
  readonly __typename = 'EqualChildren'
  readonly message: string
  readonly pairs: readonly { readonly source: Row; readonly target: Row }[]
  readonly moreCount: number

  /** `pairs` are the first of `count`. */
  constructor(pairs: readonly { readonly source: Row & Named; readonly target: Row }[], count: number) {
    super()
    this.pairs = pairs
    this.moreCount = count - pairs.length
    const names = pairs.slice(0, 3).map(({ source }) => `“${source.name}”`)
    const more = count > names.length ? ` and ${count - names.length} more` : ''
    this.message =
      `Both tags have children named ${names.join(', ')}${more}. Merge them along with \`mergeEqualChildren: true\`, ` +
      'or rename or move them first.'
  }
}

export class TagTooDeep extends Failure {
  readonly __typename = 'TagTooDeep'
  readonly message: string
  readonly limit: number

  constructor(limit: number) {
    super()
    this.limit = limit
    this.message = `The tag tree may have at most ${limit} levels. Choose a place further up.`
  }
}

/** `taggable` is the object that would have too many tags, with its GraphQL type. */
export class TooManyTags<Row = unknown> extends Failure {
  readonly __typename = 'TooManyTags'
  readonly message: string
  readonly taggable: Row
  readonly limit: number

  constructor(taggable: Row, limit: number) {
    super()
    this.taggable = taggable
    this.limit = limit
    this.message = `An object would have more than ${limit} tags. Detach some first, or attach fewer.`
  }
}

interface TreeNode {
  readonly id: string
  /** From the top level down, without the tag itself. */
  readonly ancestorIds: readonly string[]
}

/** The ancestors of the children of `parent`; null is the top level. */
export const ancestorsBelow = (parent: TreeNode | null) => (parent ? [...parent.ancestorIds, parent.id] : [])

/** Why a subtree of `height` levels (a single tag has one) does not fit below `parent` (null: the top level). */
export const depthProblem = (parent: TreeNode | null, height: number, limit: number) =>
  ancestorsBelow(parent).length + height > limit ? new TagTooDeep(limit) : undefined

/** The same for an existing subtree, which cannot go below itself either. */
export const placeProblem = (rootId: string, parent: TreeNode | null, height: number, limit: number) =>
  ancestorsBelow(parent).includes(rootId) ? new TagCycle() : depthProblem(parent, height, limit)
