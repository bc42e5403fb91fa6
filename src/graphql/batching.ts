import DataLoader from 'dataloader'
import { isUuid } from '../domain/text.ts'

/**
 * A batching loader. It keeps nothing: a request of several mutations must not see what was before. Asked twice for one
 * key in one batch, it looks once.
 */
export function batched<Value>(
  load: (ids: readonly string[]) => Promise<Map<string, Value>>,
  missing: Value,
  check: (values: readonly Value[]) => void = () => {},
) {
  return new DataLoader<string, Value>(
    async (ids) => {
      const found = await load([...new Set(ids)].filter(isUuid))
      const values = ids.map((id) => found.get(id) ?? missing)
      check(values)
      return values
    },
    { cache: false },
  )
}

/** One loader for each kind of question, identified by its JSON. */
export function oneForEach<Question, Loader>(make: (question: Question) => Loader) {
  const loaders = new Map<string, Loader>()
  return (question: Question): Loader => {
    const key = JSON.stringify(question)
    const loader = loaders.get(key) ?? make(question)
    loaders.set(key, loader)
    return loader
  }
}

/** The page of what there is none of. */
export const noPage = { rows: [], hasNextPage: false, hasPreviousPage: false }
