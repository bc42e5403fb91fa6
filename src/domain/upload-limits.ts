import { Failure } from './failure.ts'
import { sizeForPeople } from './size.ts'

export class FileTooLarge extends Failure {
  readonly __typename = 'FileTooLarge'
  readonly message: string
  readonly limitBytes: bigint

  constructor(limitBytes: number) {
    super()
    this.limitBytes = BigInt(limitBytes)
    this.message = `The file is larger than ${sizeForPeople(limitBytes)}. Make it smaller and upload it again.`
  }
}

/** The owner already has the maximum number of live files. */
export class TooManyFiles extends Failure {
  readonly __typename = 'TooManyFiles'
  readonly message: string
  readonly limit: number

  constructor(limit: number) {
    super()
    this.limit = limit
    this.message = `The owner already has ${limit} files, which is the limit. Trash some of them, or choose another place.`
  }
}
