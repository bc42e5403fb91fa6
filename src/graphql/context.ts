import type { Ctx } from '../usecases/context.ts'
import type { Loaders } from './loaders.ts'
import type { RequestFiles } from './uploads.ts'

/** What the log says about an operation. */
export interface OperationReport {
  operation?: string
  /** The same for metrics, which have few different names. */
  named?: { readonly type: string; readonly name: string | undefined }
  cost?: number
  errorCodes?: readonly string[]
}

/** The context of every resolver. */
export interface GraphQLContext extends Ctx {
  readonly loaders: Loaders
  readonly files: RequestFiles
  /** The URL at which clients reach this server, without a trailing slash. */
  readonly publicUrl: string
  /** The maximum cost of an operation. */
  readonly maxQueryCost: number
  readonly report: OperationReport
}
