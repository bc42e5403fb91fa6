import type { Ctx } from '../usecases/context.ts'
import type { Loaders } from './loaders.ts'
import type { RequestFiles } from './uploads.ts'

/** What every resolver is given besides its arguments. */
export interface GraphQLContext extends Ctx {
  readonly loaders: Loaders
  readonly files: RequestFiles
  /** Where clients reach this server, without a slash at the end. */
  readonly publicUrl: string
}
