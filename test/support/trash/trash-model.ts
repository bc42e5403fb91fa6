/** What the library and its trash do, told as simply as possible: everything in memory, one operation after another. */

export type Kind = 'BOOKSHELF' | 'BOOK' | 'BLOCK' | 'CHECKPOINT' | 'CHECKPOINT_MARKER' | 'MEDIA' | 'TAG'

export interface Item {
  readonly id: string
  readonly kind: Kind
  parent: string | null
  /** The deletion it is in. */
  deletion: string | null
}

export interface Deletion {
  readonly id: string
  readonly item: string
  readonly purgeAfter: number
  /** How many items it was made of. */
  readonly count: number
  state: 'TRASHED' | 'RESTORED' | 'PURGED'
}

/** Kinds whose items have an order by hand among their siblings. */
const ordered: ReadonlySet<Kind> = new Set(['BOOKSHELF', 'BOOK', 'BLOCK', 'CHECKPOINT_MARKER', 'MEDIA'])

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('The model does not know it.')
  return value
}

/** Every operation answers `ok` or the failure, and takes the id that the real one gave out. */
export class TrashModel {
  readonly items = new Map<string, Item>()
  readonly deletions = new Map<string, Deletion>()
  /** The ids of ordered siblings, those in the trash included. */
  readonly #lists = new Map<string, string[]>()
  readonly associations = new Set<string>()

  #listOf(kind: Kind, parent: string | null) {
    const name = `${kind} ${parent ?? ''}`
    const list = this.#lists.get(name) ?? []
    this.#lists.set(name, list)
    return list
  }

  isLive(id: string | null): boolean {
    return id === null || this.items.get(id)?.deletion === null
  }

  childrenOf(id: string | null): Item[] {
    return [...this.items.values()].filter(({ parent }) => parent === id)
  }

  /** The ordered siblings of a kind below a parent, those in the trash included. */
  order(kind: Kind, parent: string | null): readonly string[] {
    return this.#listOf(kind, parent)
  }

  add(id: string, kind: Kind, parent: string | null): string {
    if (!this.isLive(parent)) return 'NotFound'
    this.items.set(id, { id, kind, parent, deletion: null })
    if (ordered.has(kind)) this.#listOf(kind, parent).push(id)
    return 'ok'
  }

  /** Puts a live item below a parent: behind another one, or at the end. */
  move(id: string, parent: string | null, after: string | null): string {
    if (!this.items.has(id) || !this.isLive(id) || !this.isLive(parent)) return 'NotFound'
    const item = must(this.items.get(id))
    if (item.kind === 'TAG') {
      for (let above = parent; above !== null; above = must(this.items.get(above)).parent)
        if (above === id) return 'TagCycle'
    }
    this.#put(item, parent, after)
    return 'ok'
  }

  #put(item: Item, parent: string | null, after: string | null) {
    if (ordered.has(item.kind)) {
      const from = this.#listOf(item.kind, item.parent)
      from.splice(from.indexOf(item.id), 1)
      const to = this.#listOf(item.kind, parent)
      to.splice(after === null ? to.length : to.indexOf(after) + 1, 0, item.id)
    }
    item.parent = parent
  }

  attach(tag: string, thing: string): string {
    if (!this.items.has(tag) || !this.items.has(thing)) return 'NotFound'
    if (!this.isLive(tag) || !this.isLive(thing)) return 'NotFound'
    this.associations.add(`${tag} ${thing}`)
    return 'ok'
  }

  /** How many live things have a tag. */
  usage(tag: string): number {
    return [...this.associations].filter((one) => {
      const [of, thing = ''] = one.split(' ')
      return of === tag && this.items.get(thing)?.deletion === null
    }).length
  }

  trash(deletion: string, id: string, purgeAfter: number): string {
    const item = this.items.get(id)
    if (!item) return 'NotFound'
    if (item.deletion !== null)
      return must(this.deletions.get(item.deletion)).state === 'PURGED' ? 'NotFound' : 'AlreadyInTrash'
    const count = this.#mark(item, deletion)
    this.deletions.set(deletion, { id: deletion, item: id, purgeAfter, count, state: 'TRASHED' })
    return 'ok'
  }

  #mark(item: Item, deletion: string): number {
    item.deletion = deletion
    const below = this.childrenOf(item.id).filter((child) => child.deletion === null)
    return below.reduce((count, child) => count + this.#mark(child, deletion), 1)
  }

  /** Restores to the old place, or to the end of a target's list. */
  restore(id: string, now: number, target?: string): string {
    const deletion = this.deletions.get(id)
    if (!deletion || deletion.state === 'PURGED') return 'NotFound'
    if (deletion.state === 'RESTORED') return 'NotInTrash'
    if (now >= deletion.purgeAfter) return 'RetentionExpired'
    const item = must(this.items.get(deletion.item))
    if (target !== undefined && !this.isLive(target)) return 'NotFound'
    if (target === undefined && item.parent !== null && !this.isLive(item.parent)) {
      const above = must(this.deletions.get(must(this.items.get(item.parent)).deletion ?? ''))
      return above.state === 'PURGED' ? 'PARENT_PURGED' : 'PARENT_TRASHED'
    }
    if (target !== undefined && target !== item.parent) this.#put(item, target, null)
    for (const one of this.items.values()) if (one.deletion === id) one.deletion = null
    deletion.state = 'RESTORED'
    return 'ok'
  }

  /** Takes a deletion out of the trash for good; what it holds goes with `removePurged`. */
  purge(id: string): string {
    const deletion = this.deletions.get(id)
    if (!deletion || deletion.state === 'PURGED') return 'NotFound'
    if (deletion.state === 'RESTORED') return 'NotInTrash'
    deletion.state = 'PURGED'
    return 'ok'
  }

  purgeDue(now: number) {
    for (const deletion of this.deletions.values())
      if (deletion.state === 'TRASHED' && now >= deletion.purgeAfter) deletion.state = 'PURGED'
  }

  /** Removes what purged deletions hold, but for what holds something that is still in the trash. */
  removePurged() {
    const isPurged = ({ deletion }: Item) =>
      deletion !== null && must(this.deletions.get(deletion)).state === 'PURGED'
    const stays = (item: Item): boolean => !isPurged(item) || this.childrenOf(item.id).some(stays)
    for (const item of [...this.items.values()]) {
      if (!isPurged(item)) continue
      for (const one of [...this.associations])
        if (one.split(' ').includes(item.id)) this.associations.delete(one)
      if (!stays(item)) this.#remove(item)
    }
    for (const { id, state } of [...this.deletions.values()])
      if (state === 'PURGED' && ![...this.items.values()].some(({ deletion }) => deletion === id))
        this.deletions.delete(id)
  }

  #remove(item: Item) {
    this.items.delete(item.id)
    if (ordered.has(item.kind)) {
      const list = this.#listOf(item.kind, item.parent)
      list.splice(list.indexOf(item.id), 1)
    }
    for (const { id, item: of, state } of [...this.deletions.values()])
      if (of === item.id && state === 'RESTORED') this.deletions.delete(id)
  }
}
