import type { NumberSetting } from './limits.ts'

const requests = { min: 0, max: 10_000_000 } as const

/**
 * The numbers that keep a server usable while some of its clients misbehave: to add one, add it here and to .env.example.
 * 0 means no limit.
 */
export const protectionSettings = {
  /** Requests of one credential within a minute. */
  credentialRequests: { variable: 'RATE_LIMIT_REQUESTS', ...requests, default: 1_200 },
  /** Requests of one address within a minute, with or without credentials. */
  addressRequests: { variable: 'RATE_LIMIT_ADDRESS_REQUESTS', ...requests, default: 6_000 },
  /** Failed sign-ins of one address within `signInWindowMs`. */
  addressSignIns: { variable: 'RATE_LIMIT_SIGN_INS', ...requests, default: 30 },
  /** Wrong passwords for one account within `passwordWindowMs`, from all addresses together. */
  wrongPasswords: { variable: 'RATE_LIMIT_WRONG_PASSWORDS', ...requests, default: 10 },
  /** Links to reset a password within `resetWindowMs`, for one account. An address may ask for four times as many. */
  resets: { variable: 'RATE_LIMIT_RESETS', ...requests, default: 5 },
  /** Attempts of one address to accept an invitation within `signInWindowMs`. */
  invitations: { variable: 'RATE_LIMIT_INVITATIONS', ...requests, default: 30 },
  /** Requests of one workspace that are sending files at once, to one server. */
  uploadsAtOnce: { variable: 'MAX_UPLOADS_AT_ONCE', min: 0, max: 100_000, default: 32 },
  /** The mean delay of the event loop over a few seconds, in milliseconds. */
  eventLoopDelayMs: { variable: 'MAX_EVENT_LOOP_DELAY_MS', min: 0, max: 600_000, default: 1_000 },
  /** The heap in use, in percent of the largest heap. */
  heapPercent: { variable: 'MAX_HEAP_PERCENT', min: 0, max: 100, default: 90 },
  /** The memory of the process, in bytes. */
  residentBytes: {
    variable: 'MAX_RSS_MEBIBYTES',
    ...{ min: 0, max: 16_777_216, default: 0, unit: 1024 ** 2 },
  },
  /** How busy the event loop is, in percent. */
  utilizationPercent: { variable: 'MAX_UTILIZATION_PERCENT', min: 0, max: 100, default: 0 },
  /** Open connections of one server. */
  connections: { variable: 'MAX_CONNECTIONS', min: 0, max: 1_000_000, default: 10_000 },
} as const satisfies Readonly<Record<string, NumberSetting>>

/** The configured value of each of these numbers. */
export type Protection = { readonly [Name in keyof typeof protectionSettings]: number }

const minuteMs = 60_000

export const requestWindowMs = minuteMs
export const signInWindowMs = 5 * minuteMs
export const passwordWindowMs = 15 * minuteMs
export const resetWindowMs = 60 * minuteMs
