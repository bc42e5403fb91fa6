import { Failure } from './failure.ts'

export class FileTooLarge extends Failure {
  readonly __typename = 'FileTooLarge'
  readonly message: string
  readonly limitBytes: bigint

  constructor(limitBytes: number) {
    super()
    this.limitBytes = BigInt(limitBytes)
    this.message = `The file is larger than ${limitBytes} bytes. Make it smaller and send it once more.`
  }
}
