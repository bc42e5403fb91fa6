import { Failure } from './failure.ts'
import { sizeForPeople } from './size.ts'

export type WorkspacePlan = 'PERSONAL' | 'TEAM'

const gigabyte = 2n ** 30n

/** How many bytes the originals of a workspace may take, by plan. */
export const planBytes: Readonly<Record<WorkspacePlan, bigint>> = {
  PERSONAL: 10n * gigabyte,
  TEAM: 100n * gigabyte,
}

/** The limit of a workspace, the bytes in use, and the bytes reserved for uploads in progress. */
export interface Quota {
  readonly limitBytes: bigint
  readonly usedBytes: bigint
  readonly reservedBytes: bigint
}

export class QuotaExceeded extends Failure {
  readonly __typename = 'QuotaExceeded'
  readonly message: string
  readonly limitBytes: bigint
  readonly usedBytes: bigint
  readonly reservedBytes: bigint
  readonly requestedBytes: bigint

  constructor({ limitBytes, usedBytes, reservedBytes }: Quota, requestedBytes: bigint) {
    super()
    this.limitBytes = limitBytes
    this.usedBytes = usedBytes
    this.reservedBytes = reservedBytes
    this.requestedBytes = requestedBytes
    this.message =
      `The workspace may store ${sizeForPeople(limitBytes)}. It stores ${sizeForPeople(usedBytes)} and has reserved ` +
      `${sizeForPeople(reservedBytes)} for uploads in progress, so ${sizeForPeople(requestedBytes)} more do not fit. Files in the trash count: purge what you do not need, or ` +
      'choose a larger plan.'
  }
}

/** The limit of a workspace: its own if set, else that of its plan. */
export const quotaLimit = (plan: WorkspacePlan, quotaBytes: bigint | null) => quotaBytes ?? planBytes[plan]

/** Refuses a file that does not fit. A file of exactly the remaining size fits. */
export function fits(quota: Quota, requestedBytes: bigint): QuotaExceeded | undefined {
  const free = quota.limitBytes - quota.usedBytes - quota.reservedBytes
  return requestedBytes <= free ? undefined : new QuotaExceeded(quota, requestedBytes)
}
