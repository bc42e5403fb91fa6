import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { nodeBinary, type RunningServer } from './server.ts'
import { storageEnvironment } from './media/stored-files.ts'

/** Runs a built program to its end, which must come by itself or by what is done to it meanwhile. */
export async function runToEnd(
  args: readonly string[],
  env: Record<string, string> = {},
  meanwhile: (child: ChildProcess) => Promise<void> = () => Promise.resolve(),
) {
  const child = spawn(nodeBinary, args, {
    env: { PATH: process.env['PATH'], ...storageEnvironment(env['DATA_DIR'] ?? ''), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const listen = (chunk: Buffer) => (output += chunk.toString())
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  const closed = once(child, 'close')
  await meanwhile(child)
  const [exitCode] = (await closed) as [number | null]
  return { exitCode, output }
}

/** The process id of the embedded PostgreSQL of a data folder, or null when none has been started or it was stopped. */
export async function postgresPid(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '')
  return text === '' ? null : Number.parseInt(text)
}

/** The same of one that must be running. */
export async function runningPostgres(dataDir: string): Promise<number> {
  const pid = await postgresPid(dataDir)
  if (pid === null || !isRunning(pid)) throw new Error(`No PostgreSQL runs in ${dataDir}.`)
  return pid
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // On Linux, one that has ended and was not asked for its exit code yet is still listed, as a zombie.
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits until `holds` gives true; the test's own time limit ends it otherwise. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20)
}

/** Ends a server as a power cut would: nothing of it gets to run any more. */
export async function killHard({ process: child }: RunningServer): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** The same for its database, and waits until nothing of that is left either. */
export async function killPostgresHard(dataDir: string): Promise<void> {
  const pid = await runningPostgres(dataDir)
  process.kill(pid, 'SIGKILL')
  await until(() => !isRunning(pid))
}
