/** JSON that the database stores. */
type StoredJson = string | number | boolean | null | StoredJson[] | StoredObject

/** What `storable` makes. */
interface StoredObject {
  readonly [name: string]: StoredJson
}

/** JSON has no integers of 64 bits: stores each one as a text that says so. */
export const storable = (value: object) =>
  JSON.parse(
    JSON.stringify(value, (_name, inner: unknown) =>
      typeof inner === 'bigint' ? { bigint: String(inner) } : inner,
    ),
  ) as StoredObject

/** Undoes `storable`. */
export const fromStored = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && 'bigint' in inner ? BigInt(String(inner.bigint)) : inner,
  )
