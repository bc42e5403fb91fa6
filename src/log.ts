import { pino } from 'pino'
import type { Config } from './config.ts'
import { secretRemover } from './secret-texts.ts'

type LogConfig = Pick<Config, 'logLevel' | 'logFormat'> & Partial<Pick<Config, 'databaseUrl' | 's3'>>

const passwordOf = (url: string | undefined) =>
  url !== undefined && URL.canParse(url) ? new URL(url).password : undefined

/** The options of every log: whatever is logged, no secret gets there. */
export const logOptions = ({ databaseUrl, s3 }: Partial<Pick<Config, 'databaseUrl' | 's3'>>) => {
  const password = passwordOf(databaseUrl)
  const values = [password, password && decodeURIComponent(password), s3?.keys?.secretAccessKey]
  return { base: null, hooks: { streamWrite: secretRemover(values) } }
}

/** The log of a process: JSON lines, or readable lines on a terminal. Commands print their results directly instead. */
export function createLog(config: LogConfig, to: 'stdout' | 'stderr' = 'stdout') {
  const destination = to === 'stdout' ? 1 : 2
  const { logLevel, logFormat } = config
  const options = { level: logLevel, ...logOptions(config) }
  if (logFormat === 'json') return pino(options, pino.destination(destination))
  return pino({
    ...options,
    transport: {
      target: 'pino-pretty',
      options: { destination, translateTime: 'SYS:HH:MM:ss', ignore: 'reqId', singleLine: true },
    },
  })
}
