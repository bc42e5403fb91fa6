/** What tags do, told as simply as possible: everything in memory, one operation after another. */

type Kind = 'TAG' | 'BOOKSHELF' | 'BOOK' | 'BLOCK'

interface Tag {
  readonly id: string
  name: string
  parent: string | null
  deletion: string | null
}

interface Thing {
  readonly id: string
  readonly kind: 'BOOKSHELF' | 'BOOK' | 'BLOCK'
  readonly parent: string | null
  deletion: string | null
}

interface Deletion {
  readonly id: string
  readonly kind: Kind
  readonly item: string
  restored: boolean
  /** It is out of the trash for good; what it holds is there only while it holds something of others. */
  purged?: boolean
}

/** `from` are the tags that it comes from: the tag itself, or tags that were merged into it. */
interface Association {
  readonly tag: string
  readonly thing: string
  from: readonly string[]
}

/** `from` is the tag that it comes from likewise. */
interface Alias {
  readonly tag: string
  readonly name: string
  from: string
}

/** Where something is restored to: its old place, the top, or below a tag. */
export type Place = 'old' | 'top' | { readonly below: string }

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('The model does not know it.')
  return value
}

const union = (some: readonly string[], others: readonly string[]) => [...new Set([...some, ...others])]

/** Every operation answers `ok` or the failure, and takes the id that the real one gave out. */
export class TagModel {
  readonly tags = new Map<string, Tag>()
  readonly things = new Map<string, Thing>()
  /** In the order they were made. */
  readonly deletions = new Map<string, Deletion>()
  /** By the merged tag. */
  readonly merges = new Map<string, { target: string; moved: readonly string[] }>()
  associations: Association[] = []
  aliases: Alias[] = []
  readonly #levels: number

  constructor(levels: number) {
    this.#levels = levels
  }

  /** The tags from the top to this one, without it. */
  path(id: string): string[] {
    const { parent } = must(this.tags.get(id))
    return parent === null ? [] : [...this.path(parent), parent]
  }

  counts(tag: string): number[] {
    const having = this.associations.filter((one) => one.tag === tag).map((one) => this.things.get(one.thing))
    return (['BOOKSHELF', 'BOOK', 'BLOCK'] as const).map(
      (kind) => having.filter((thing) => thing?.kind === kind && thing.deletion === null).length,
    )
  }

  #live(id: string): boolean {
    return this.tags.get(id)?.deletion === null
  }

  #children(parent: string | null): Tag[] {
    return [...this.tags.values()].filter((tag) => tag.parent === parent)
  }

  #liveChildren(parent: string | null): Tag[] {
    return this.#children(parent).filter(({ deletion }) => deletion === null)
  }

  #height(id: string): number {
    return 1 + Math.max(0, ...this.#children(id).map((child) => this.#height(child.id)))
  }

  #named(parent: string | null, name: string, but?: string): boolean {
    const same = (tag: Tag) => tag.id !== but && tag.name.toLowerCase() === name.toLowerCase()
    return this.#liveChildren(parent).some(same)
  }

  /** Whether a live sibling has the name as an alias, besides aliases that go. */
  #known(parent: string | null, name: string, but: string, goes: (alias: Alias) => boolean = () => false) {
    const siblings = this.#liveChildren(parent).filter(({ id }) => id !== but)
    const same = (alias: Alias) => alias.name.toLowerCase() === name.toLowerCase() && !goes(alias)
    return siblings.some(({ id }) => this.aliases.some((alias) => alias.tag === id && same(alias)))
  }

  #placeProblem(id: string | undefined, parent: string | null, height: number) {
    const above = parent === null ? [] : [...this.path(parent), parent]
    if (id !== undefined && above.includes(id)) return 'TagCycle'
    return above.length + height > this.#levels ? 'TagTooDeep' : undefined
  }

  create(id: string, name: string, parent: string | null): string {
    if (parent !== null && !this.#live(parent)) return 'NotFound'
    const problem = this.#placeProblem(undefined, parent, 1)
    if (problem) return problem
    if (this.#named(parent, name) || this.#known(parent, name, id)) return 'NameTaken'
    this.tags.set(id, { id, name, parent, deletion: null })
    return 'ok'
  }

  rename(id: string, name: string): string {
    if (!this.#live(id)) return 'NotFound'
    const tag = must(this.tags.get(id))
    if (this.#named(tag.parent, name, id)) return 'NameTaken'
    if (name.toLowerCase() !== tag.name.toLowerCase() && this.#known(tag.parent, name, id)) return 'NameTaken'
    tag.name = name
    return 'ok'
  }

  move(id: string, parent: string | null): string {
    if (!this.#live(id) || (parent !== null && !this.#live(parent))) return 'NotFound'
    const tag = must(this.tags.get(id))
    if (tag.parent === parent) return 'ok'
    const problem = this.#placeProblem(id, parent, this.#height(id))
    if (problem) return problem
    if (this.#named(parent, tag.name) || this.#known(parent, tag.name, id)) return 'NameTaken'
    tag.parent = parent
    return 'ok'
  }

  #find(tag: string, thing: string) {
    return this.associations.find((one) => one.tag === tag && one.thing === thing)
  }

  #taggable(tags: readonly string[], things: readonly string[]): boolean {
    return tags.every((id) => this.#live(id)) && things.every((id) => this.things.get(id)?.deletion === null)
  }

  attach(tags: readonly string[], things: readonly string[]): string {
    if (!this.#taggable(tags, things)) return 'NotFound'
    for (const tag of tags) {
      for (const thing of things) {
        const there = this.#find(tag, thing)
        if (there) there.from = [tag]
        else this.associations.push({ tag, thing, from: [tag] })
      }
    }
    return 'ok'
  }

  detach(tags: readonly string[], things: readonly string[]): string {
    if (!this.#taggable(tags, things)) return 'NotFound'
    this.associations = this.associations.filter(
      (one) => !(tags.includes(one.tag) && things.includes(one.thing)),
    )
    return 'ok'
  }

  /** A source with its target, and the pairs of equal children below them. */
  #pairs(source: string, target: string, top: string): [source: string, target: string][] {
    if (target === top) return [[source, target]]
    const equal = this.#liveChildren(source).flatMap((child) =>
      this.#liveChildren(target)
        .filter(({ name }) => name.toLowerCase() === child.name.toLowerCase())
        .flatMap((twin) => this.#pairs(child.id, twin.id, top)),
    )
    return [[source, target], ...equal]
  }

  merge(deletion: string, source: string, target: string, along: boolean): string {
    if (source === target) return 'InvalidInput'
    if (!this.#live(source) || !this.#live(target)) return 'NotFound'
    if (this.path(target).includes(source)) return 'TagCycle'
    const pairs = this.#pairs(source, target, source)
    if (pairs.some(([, to]) => to === source)) return 'NameTaken'
    if (pairs.length > 1 && !along) return 'EqualChildren'
    const merged = new Set(pairs.map(([from]) => from))
    const movedOf = (from: string) => this.#liveChildren(from).filter(({ id }) => !merged.has(id))
    const tooDeep = ([from, to]: [string, string]) =>
      movedOf(from).some(({ id }) => this.#placeProblem(undefined, to, this.#height(id)))
    if (pairs.some(tooDeep)) return 'TagTooDeep'
    this.deletions.set(deletion, { id: deletion, kind: 'TAG', item: source, restored: false })
    const moves = pairs.map(([from, to]) => ({ from, to, children: movedOf(from) }))
    for (const { from, to, children } of moves) this.#mergeOne(deletion, from, to, children)
    return 'ok'
  }

  #mergeOne(deletion: string, source: string, target: string, moved: readonly Tag[]) {
    for (const child of moved) child.parent = target
    this.merges.set(source, { target, moved: moved.map(({ id }) => id) })
    const tag = must(this.tags.get(source))
    tag.deletion = deletion
    for (const { thing, from } of this.associations.filter((one) => one.tag === source)) {
      const there = this.#find(target, thing)
      if (!there) this.associations.push({ tag: target, thing, from })
      else if (!there.from.includes(target)) there.from = union(there.from, from)
    }
    const names = [{ name: tag.name, from: source }, ...this.aliases.filter((alias) => alias.tag === source)]
    this.aliases.push(...names.map(({ name, from }) => ({ tag: target, name, from })))
  }

  trash(deletion: string, kind: Kind, id: string): string {
    const rows: Map<string, Tag | Thing> = kind === 'TAG' ? this.tags : this.things
    const before = must(rows.get(id)).deletion
    if (before !== null) return must(this.deletions.get(before)).purged ? 'NotFound' : 'AlreadyInTrash'
    this.deletions.set(deletion, { id: deletion, kind, item: id, restored: false })
    const mark = (row: Tag | Thing) => {
      if (row.deletion !== null) return
      row.deletion = deletion
      for (const other of rows.values()) if (other.parent === row.id) mark(other)
    }
    mark(must(rows.get(id)))
    return 'ok'
  }

  restore(id: string, place: Place): string {
    const deletion = must(this.deletions.get(id))
    if (deletion.purged) return 'NotFound'
    if (deletion.restored) return 'NotInTrash'
    const problem = deletion.kind === 'TAG' ? this.#restoreTag(deletion, place) : this.#thingProblem(deletion)
    if (problem) return problem
    deletion.restored = true
    for (const row of [...this.tags.values(), ...this.things.values()])
      if (row.deletion === id) row.deletion = null
    return 'ok'
  }

  #thingProblem({ item }: Deletion) {
    const { parent } = must(this.things.get(item))
    return parent === null ? undefined : this.#parentProblem(must(this.things.get(parent)))
  }

  #parentProblem({ deletion }: Tag | Thing) {
    if (deletion === null) return undefined
    return must(this.deletions.get(deletion)).purged ? 'PARENT_PURGED' : 'PARENT_TRASHED'
  }

  #restoreTag(deletion: Deletion, place: Place) {
    const tag = must(this.tags.get(deletion.item))
    if (typeof place === 'object' && !this.#live(place.below)) return 'NotFound'
    const gone =
      place === 'old' && tag.parent !== null && this.#parentProblem(must(this.tags.get(tag.parent)))
    if (gone) return gone
    const parent = place === 'old' ? tag.parent : place === 'top' ? null : place.below
    if (this.#placeProblem(tag.id, parent, this.#height(tag.id))) return 'TOO_DEEP'
    if (this.#named(parent, tag.name)) return 'NAME_TAKEN'
    if (this.#known(parent, tag.name, tag.id, this.#undoing(deletion).goes)) return 'NAME_IS_ALIAS'
    tag.parent = parent
    this.#undo(deletion)
    return undefined
  }

  /** Takes a deletion out of the trash for good, and removes all purged items that hold nothing of others. */
  purge(id: string): string {
    const result = this.#markPurged(must(this.deletions.get(id)))
    this.#removePurged()
    return result
  }

  #markPurged(deletion: Deletion): string {
    if (deletion.purged) return 'NotFound'
    if (deletion.restored) return 'NotInTrash'
    deletion.purged = true
    for (const tag of [...this.tags.values()].filter((one) => one.deletion === deletion.id))
      this.#inherit(tag.id)
    return 'ok'
  }

  #isPurged({ deletion }: Tag | Thing): boolean {
    return deletion !== null && must(this.deletions.get(deletion)).purged === true
  }

  /** The tags that a tag was merged into, directly and with later merges. */
  #above(id: string): string[] {
    const merge = this.merges.get(id)
    return merge ? [merge.target, ...this.#above(merge.target)] : []
  }

  /** What came from a tag that is purged comes from the next one that is not. */
  #inherit(id: string) {
    const heir = this.#above(id).find((above) => !this.#isPurged(must(this.tags.get(above))))
    if (heir === undefined) return
    for (const one of this.associations.filter(({ tag, from }) => tag !== id && from.includes(id)))
      one.from = one.tag === heir ? [heir] : union(one.from, [heir]).filter((from) => from !== id)
  }

  #removePurged() {
    for (const rows of [this.tags, this.things] as Map<string, Tag | Thing>[]) {
      const below = (row: Tag | Thing) => [...rows.values()].filter(({ parent }) => parent === row.id)
      const stays = (row: Tag | Thing): boolean => !this.#isPurged(row) || below(row).some(stays)
      for (const row of [...rows.values()].filter((one) => this.#isPurged(one))) {
        this.associations = this.associations.filter(({ tag, thing }) => tag !== row.id && thing !== row.id)
        if (!stays(row)) this.#remove(row.id, rows)
      }
    }
    const held = new Set([...this.tags.values(), ...this.things.values()].map(({ deletion }) => deletion))
    for (const { id, purged } of [...this.deletions.values()])
      if (purged && !held.has(id)) this.deletions.delete(id)
  }

  #remove(id: string, rows: Map<string, Tag | Thing>) {
    this.#dissolve(id)
    rows.delete(id)
    for (const deletion of [...this.deletions.values()])
      if (deletion.item === id && deletion.restored) this.deletions.delete(deletion.id)
  }

  /** What was merged into a tag that goes counts as merged into the next one, if there is one. */
  #dissolve(id: string) {
    const next = this.merges.get(id)
    const heir = this.#above(id).find((above) => !this.#isPurged(must(this.tags.get(above))))
    this.aliases = this.aliases.filter(({ tag }) => tag !== id)
    for (const alias of this.aliases) if (alias.from === id) alias.from = heir ?? alias.tag
    for (const [source, { target, moved }] of [...this.merges]) {
      if (target !== id) continue
      if (next)
        this.merges.set(source, {
          target: next.target,
          moved: moved.filter((tag) => next.moved.includes(tag)),
        })
      else this.merges.delete(source)
    }
    this.merges.delete(id)
  }

  addAlias(id: string, name: string): string {
    if (!this.#live(id)) return 'NotFound'
    if (must(this.tags.get(id)).name.toLowerCase() === name.toLowerCase()) return 'InvalidInput'
    const same = this.aliases.filter((one) => one.tag === id && one.name.toLowerCase() === name.toLowerCase())
    if (!same.some(({ from }) => from === id)) this.aliases.push({ tag: id, name, from: id })
    return 'ok'
  }

  removeAlias(id: string, name: string): string {
    if (!this.#live(id)) return 'NotFound'
    this.aliases = this.aliases.filter(
      (one) => one.tag !== id || one.name.toLowerCase() !== name.toLowerCase(),
    )
    return 'ok'
  }

  /** The merged tags of a deletion, the tags that they went into, and what undoing their merges takes back. */
  #undoing(deletion: Deletion) {
    const holds = (id: string) => this.tags.get(id)?.deletion === deletion.id
    const sources = [...this.merges.keys()].filter(holds)
    const isBelow = (from: string) => sources.some((id) => id === from || this.#above(from).includes(id))
    const above = new Set(sources.flatMap((source) => this.#above(source)))
    const goes = ({ tag, from }: Alias) => above.has(tag) && isBelow(from)
    return { sources, above, isBelow, goes }
  }

  #undo(deletion: Deletion) {
    const { sources, above, isBelow, goes } = this.#undoing(deletion)
    for (const one of this.associations)
      if (above.has(one.tag)) one.from = one.from.filter((id) => !isBelow(id))
    this.associations = this.associations.filter(({ from }) => from.length > 0)
    this.aliases = this.aliases.filter((alias) => !goes(alias))
    const moves = sources.flatMap((source) => this.#movedBy(source).map((child) => ({ child, source })))
    const isTaken = ({ child, source }: (typeof moves)[number]) =>
      child.deletion === null &&
      this.#children(source).some(
        (one) => one.deletion === deletion.id && one.name.toLowerCase() === child.name.toLowerCase(),
      )
    const fits = (move: (typeof moves)[number]) =>
      !isTaken(move) && !this.#placeProblem(move.child.id, move.source, this.#height(move.child.id))
    for (const { child, source } of moves.filter(fits)) child.parent = source
    for (const source of sources) this.merges.delete(source)
  }

  /** What the merge of a tag moved and that is still there, or where later merges took it. */
  #movedBy(source: string, only?: readonly string[]): Tag[] {
    const merge = this.merges.get(source)
    if (!merge) return []
    const moved = merge.moved.filter((id) => only?.includes(id) ?? true)
    const here = this.#children(merge.target).filter(
      ({ id, deletion }) =>
        moved.includes(id) && (deletion === null || must(this.deletions.get(deletion)).item === id),
    )
    return [...here, ...this.#movedBy(merge.target, moved)]
  }
}
