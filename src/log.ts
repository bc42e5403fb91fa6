import { pino } from 'pino'
import type { Config } from './config.ts'

/** The log of a process: JSON lines, or lines for people on a terminal. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>) {
  const options = { level: logLevel, base: null }
  if (logFormat === 'json') return pino(options)
  return pino({
    ...options,
    transport: {
      target: 'pino-pretty',
      options: { translateTime: 'SYS:HH:MM:ss', ignore: 'reqId', singleLine: true },
    },
  })
}
