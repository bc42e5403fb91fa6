export { entityOf } from './entities.ts'
export { changed, type Expecting, type Keyed, primaryKey } from './inputs.ts'
export { lockItem, lockItemAt, lockItems } from './locking.ts'
export { isPurged, madeBefore } from './purged.ts'
