import { pino } from 'pino'
import type { Config } from './config.ts'

/** The log of a process: JSON lines, or readable lines on a terminal. Commands print their results directly instead. */
export function createLog(
  { logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>,
  to: 'stdout' | 'stderr' = 'stdout',
) {
  const destination = to === 'stdout' ? 1 : 2
  const options = { level: logLevel, base: null }
  if (logFormat === 'json') return pino(options, pino.destination(destination))
  return pino({
    ...options,
    transport: {
      target: 'pino-pretty',
      options: { destination, translateTime: 'SYS:HH:MM:ss', ignore: 'reqId', singleLine: true },
    },
  })
}
