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
  merge?: { readonly target: string; readonly moved: readonly string[] }
  restored: boolean
  /** It is out of the trash for good; what it holds is there only while it holds something of others. */
  purged?: boolean
}

/** `merge` is the deletion of the merge that brought it. */
interface Association {
  readonly tag: string
  readonly thing: string
  merge: string | null
}

/** Where something is restored to: its old place, the top, or below a tag. */
export type Place = 'old' | 'top' | { readonly below: string }

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('The model does not know it.')
  return value
}

/** Every operation answers `ok` or the failure, and takes the id that the real one gave out. */
export class TagModel {
  readonly tags = new Map<string, Tag>()
  readonly things = new Map<string, Thing>()
  /** In the order they were made. */
  readonly deletions = new Map<string, Deletion>()
  associations: Association[] = []
  aliases: { tag: string; name: string; merge: string | null }[] = []
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

  #placeProblem(id: string | undefined, parent: string | null, height: number) {
    const above = parent === null ? [] : [...this.path(parent), parent]
    if (id !== undefined && above.includes(id)) return 'TagCycle'
    return above.length + height > this.#levels ? 'TagTooDeep' : undefined
  }

  create(id: string, name: string, parent: string | null): string {
    if (parent !== null && !this.#live(parent)) return 'NotFound'
    const problem = this.#placeProblem(undefined, parent, 1)
    if (problem) return problem
    if (this.#named(parent, name)) return 'NameTaken'
    this.tags.set(id, { id, name, parent, deletion: null })
    return 'ok'
  }

  rename(id: string, name: string): string {
    if (!this.#live(id)) return 'NotFound'
    const tag = must(this.tags.get(id))
    if (this.#named(tag.parent, name, id)) return 'NameTaken'
    tag.name = name
    return 'ok'
  }

  move(id: string, parent: string | null): string {
    if (!this.#live(id) || (parent !== null && !this.#live(parent))) return 'NotFound'
    const tag = must(this.tags.get(id))
    if (tag.parent === parent) return 'ok'
    const problem = this.#placeProblem(id, parent, this.#height(id))
    if (problem) return problem
    if (this.#named(parent, tag.name)) return 'NameTaken'
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
        if (there) there.merge = null
        else this.associations.push({ tag, thing, merge: null })
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

  merge(deletion: string, source: string, target: string): string {
    if (source === target) return 'InvalidInput'
    if (!this.#live(source) || !this.#live(target)) return 'NotFound'
    const moved = this.#liveChildren(source)
    const height = Math.max(0, ...moved.map(({ id }) => this.#height(id)))
    const problem = this.#placeProblem(source, target, height)
    if (problem) return problem
    if (moved.some(({ name }) => this.#named(target, name))) return 'NameTaken'
    for (const child of moved) child.parent = target
    const merge = { target, moved: moved.map(({ id }) => id) }
    this.deletions.set(deletion, { id: deletion, kind: 'TAG', item: source, merge, restored: false })
    const tag = must(this.tags.get(source))
    tag.deletion = deletion
    for (const { thing } of this.associations.filter((one) => one.tag === source))
      if (!this.#find(target, thing)) this.associations.push({ tag: target, thing, merge: deletion })
    const names = [tag.name, ...this.aliases.filter((alias) => alias.tag === source).map(({ name }) => name)]
    this.aliases.push(...names.map((name) => ({ tag: target, name, merge: deletion })))
    return 'ok'
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
    tag.parent = parent
    if (deletion.merge) this.#undo(deletion)
    return undefined
  }

  /** Takes a deletion out of the trash for good, with all it holds that holds nothing of others. */
  purge(id: string): string {
    const deletion = must(this.deletions.get(id))
    if (deletion.purged) return 'NotFound'
    if (deletion.restored) return 'NotInTrash'
    deletion.purged = true
    if (deletion.merge) this.#keepBrought(deletion.item, deletion.merge.target, id)
    delete deletion.merge
    for (const one of [...this.associations, ...this.aliases]) if (one.merge === id) one.merge = null
    this.#removePurged()
    return 'ok'
  }

  /** What an earlier merge has brought to the target, and this one would have, is the target's own. */
  #keepBrought(source: string, target: string, id: string) {
    const order = [...this.deletions.keys()]
    for (const one of this.associations) {
      const earlier = one.merge !== null && order.indexOf(one.merge) < order.indexOf(id)
      if (one.tag === target && earlier && this.#find(source, one.thing)) one.merge = null
    }
  }

  #removePurged() {
    for (const rows of [this.tags, this.things] as Map<string, Tag | Thing>[]) {
      const below = (row: Tag | Thing) => [...rows.values()].filter(({ parent }) => parent === row.id)
      const isPurged = ({ deletion }: Tag | Thing) =>
        deletion !== null && must(this.deletions.get(deletion)).purged
      const stays = (row: Tag | Thing): boolean => !isPurged(row) || below(row).some(stays)
      for (const row of [...rows.values()].filter(isPurged)) {
        this.associations = this.associations.filter(({ tag, thing }) => tag !== row.id && thing !== row.id)
        if (!stays(row)) this.#remove(row.id, rows)
      }
    }
    const held = new Set([...this.tags.values(), ...this.things.values()].map(({ deletion }) => deletion))
    for (const { id, purged } of [...this.deletions.values()])
      if (purged && !held.has(id)) this.deletions.delete(id)
  }

  #remove(id: string, rows: Map<string, Tag | Thing>) {
    rows.delete(id)
    this.aliases = this.aliases.filter(({ tag }) => tag !== id)
    for (const deletion of [...this.deletions.values()]) {
      if (deletion.merge?.target === id) delete deletion.merge
      if (deletion.item === id && deletion.restored) this.deletions.delete(deletion.id)
    }
  }

  #undo(deletion: Deletion) {
    this.aliases = this.aliases.filter(({ merge }) => merge !== deletion.id)
    for (const one of this.associations.filter(({ merge }) => merge === deletion.id)) {
      const others = [...this.deletions.values()]
      const later = others
        .slice(others.indexOf(deletion) + 1)
        .find(
          (other) => !other.restored && other.merge?.target === one.tag && this.#find(other.item, one.thing),
        )
      if (later) one.merge = later.id
      else this.associations = this.associations.filter((other) => other !== one)
    }
    for (const child of this.#movedBy(deletion))
      if (!this.#placeProblem(child.id, deletion.item, this.#height(child.id))) child.parent = deletion.item
  }

  /** What a merge moved and that is still there, or where later merges took it. */
  #movedBy({ merge }: Deletion): Tag[] {
    if (!merge) return []
    const moved = this.#children(merge.target).filter(
      ({ id, deletion }) =>
        merge.moved.includes(id) && (deletion === null || must(this.deletions.get(deletion)).item === id),
    )
    const next = this.deletions.get(must(this.tags.get(merge.target)).deletion ?? '')
    if (!next?.merge) return moved
    const still = next.merge.moved.filter((id) => merge.moved.includes(id))
    return [...moved, ...this.#movedBy({ ...next, merge: { ...next.merge, moved: still } })]
  }
}
