import { spawn } from 'node:child_process'
import { accessSync, chmodSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

/** The absolute paths of the programs that read videos; null for one that is not there. */
export interface Programs {
  readonly ffprobe: string | null
  readonly ffmpeg: string | null
}

export interface RunLimits {
  readonly milliseconds: number
  /** Address space, in bytes. */
  readonly memoryBytes: number
  /** What it prints; more ends it. */
  readonly outputBytes: number
}

/** How long a program may read or draw one file, in milliseconds, unless it is given another limit. */
export const programMs = 10_000

export type Run =
  | { readonly outcome: 'ENDED'; readonly exitCode: number; readonly output: Buffer }
  | { readonly outcome: 'TIMED_OUT' | 'TOO_MUCH_OUTPUT' | 'KILLED' | 'UNAVAILABLE' }

// The kernel holds what a shell sets, also when this process is gone: memory, seconds of the processor, files it may write
// (none) and memory dumps. A system without one of the limits runs it without.
const shell = `ulimit -v "$1" 2>/dev/null; ulimit -t "$2" 2>/dev/null; ulimit -f 0; ulimit -c 0; shift 2; exec "$@"`

/** With an arena for each thread, glibc would reserve the address space it may use. */
const environment = { MALLOC_ARENA_MAX: '1', LC_ALL: 'C' }

const underway = new Set<number>()

/** Ends a program with everything it started. */
function killGroup(pid: number) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

process.on('exit', () => underway.forEach(killGroup))

/**
 * Runs a program with nothing of this process: no environment, no open files, no input. It gets limits of time and memory and is
 * killed with its children at the end.
 */
export async function runProgram(path: string, args: readonly string[], limits: RunLimits): Promise<Run> {
  const seconds = Math.ceil(limits.milliseconds / 1000)
  const memory = Math.floor(limits.memoryBytes / 1024)
  return new Promise((settle) => {
    const child = spawn('/bin/sh', ['-c', shell, 'sh', String(memory), String(seconds), path, ...args], {
      cwd: '/',
      env: environment,
      // A group of its own, to be killed as one.
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const chunks: Buffer[] = []
    let size = 0
    let cut: 'TIMED_OUT' | 'TOO_MUCH_OUTPUT' | undefined
    const { pid } = child
    const kill = () => pid !== undefined && killGroup(pid)
    const end = (why: 'TIMED_OUT' | 'TOO_MUCH_OUTPUT') => {
      cut ??= why
      kill()
    }
    const timer = setTimeout(() => end('TIMED_OUT'), limits.milliseconds)
    const settled = (run: Run) => {
      clearTimeout(timer)
      if (pid !== undefined) underway.delete(pid)
      settle(cut ? { outcome: cut } : run)
    }
    if (pid !== undefined) underway.add(pid)
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limits.outputBytes) end('TOO_MUCH_OUTPUT')
      else chunks.push(chunk)
    })
    child.on('error', () => settled({ outcome: 'UNAVAILABLE' }))
    // What it left running would hold its output open: `close` comes after that is dead too.
    child.on('exit', kill)
    child.on('close', (exitCode, signal) => {
      if (exitCode === 126 || exitCode === 127) settled({ outcome: 'UNAVAILABLE' })
      else if (exitCode === null || signal) settled({ outcome: 'KILLED' })
      else settled({ outcome: 'ENDED', exitCode, output: Buffer.concat(chunks) })
    })
  })
}

/** The programs by their configured paths or names, else those on the PATH; ffprobe else the one that was installed with this. */
export function findPrograms(configured: {
  readonly ffprobePath: string | undefined
  readonly ffmpegPath: string | undefined
  /** The folders to look in for a name. */
  readonly searchPath: string
}): Programs {
  const find = (given: string | undefined, name: string) => onPath(given ?? name, configured.searchPath)
  return {
    ffprobe: find(configured.ffprobePath, 'ffprobe') ?? (configured.ffprobePath ? null : installedFfprobe()),
    ffmpeg: find(configured.ffmpegPath, 'ffmpeg'),
  }
}

function onPath(program: string, searchPath: string): string | null {
  if (isAbsolute(program) || program.includes('/')) return executable(resolve(program))
  const folders = searchPath.split(delimiter).filter(isAbsolute)
  return folders.map((folder) => executable(join(folder, program))).find((path) => path !== null) ?? null
}

function executable(path: string): string | null {
  try {
    accessSync(path, constants.X_OK)
    return path
  } catch {
    return null
  }
}

function installedFfprobe(): string | null {
  try {
    const { path } = createRequire(import.meta.url)('@ffprobe-installer/ffprobe') as { path: string }
    // Its install script would do it; npm may be told not to run those.
    if (executable(path) === null) chmodSync(path, 0o755)
    return executable(path)
  } catch {
    return null // There is none for this system, or it belongs to somebody else.
  }
}
