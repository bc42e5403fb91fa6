import { spawn } from 'node:child_process'
import { accessSync, chmodSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

/** The absolute paths of the programs that read videos, recordings and PDFs; null for a missing one. */
export interface Programs {
  readonly ffprobe: string | null
  readonly ffmpeg: string | null
  readonly pdftoppm: string | null
}

interface RunLimits {
  readonly milliseconds: number
  /** The limit of the address space, in bytes. */
  readonly memoryBytes: number
  /** The limit of the output; a program that prints more is killed. */
  readonly outputBytes: number
}

/** How long a program may read or draw one file, in milliseconds, unless it is given another limit. */
export const programMs = 10_000

export type Run =
  | { readonly outcome: 'ENDED'; readonly exitCode: number; readonly output: Buffer }
  | { readonly outcome: 'TIMED_OUT' | 'TOO_MUCH_OUTPUT' | 'KILLED' | 'UNAVAILABLE' }

// The kernel enforces limits that a shell sets, even if this process is gone: memory, CPU seconds, files to write
// (none) and core dumps. If a system lacks one of the limits, the program runs without it.
const shell = `ulimit -v "$1" 2>/dev/null; ulimit -t "$2" 2>/dev/null; ulimit -f 0; ulimit -c 0; shift 2; exec "$@"`

/** With one arena per thread, glibc would reserve the permitted address space. */
const environment = { MALLOC_ARENA_MAX: '1', LC_ALL: 'C' }

const underway = new Set<number>()

/** Kills a program and everything it started. */
function killGroup(pid: number) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // The group has already ended.
  }
}

process.on('exit', () => underway.forEach(killGroup))

/**
 * Runs a program without access to this process: no environment, no open files, no input. Time and memory are limited,
 * and the program is killed with its children at the end.
 */
export async function runProgram(path: string, args: readonly string[], limits: RunLimits): Promise<Run> {
  const seconds = Math.ceil(limits.milliseconds / 1000)
  const memory = Math.floor(limits.memoryBytes / 1024)
  return new Promise((settle) => {
    const child = spawn('/bin/sh', ['-c', shell, 'sh', String(memory), String(seconds), path, ...args], {
      cwd: '/',
      env: environment,
      // A separate group, so that it can be killed as a whole.
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
    // Remaining children would keep the output open, so kill them: `close` comes only after they are dead.
    child.on('exit', kill)
    child.on('close', (exitCode, signal) => {
      if (exitCode === 126 || exitCode === 127) settled({ outcome: 'UNAVAILABLE' })
      else if (exitCode === null || signal) settled({ outcome: 'KILLED' })
      else settled({ outcome: 'ENDED', exitCode, output: Buffer.concat(chunks) })
    })
  })
}

/**
 * Finds the programs by their configured paths or names, else on the PATH. For ffprobe, the last resort is the packaged
 * one.
 */
export function findPrograms(configured: {
  readonly ffprobePath?: string | undefined
  readonly ffmpegPath?: string | undefined
  readonly pdftoppmPath?: string | undefined
  /** The folders to search for a name. */
  readonly searchPath: string
}): Programs {
  const find = (given: string | undefined, name: string) => onPath(given ?? name, configured.searchPath)
  return {
    ffprobe: find(configured.ffprobePath, 'ffprobe') ?? (configured.ffprobePath ? null : packagedFfprobe()),
    ffmpeg: find(configured.ffmpegPath, 'ffmpeg'),
    pdftoppm: find(configured.pdftoppmPath, 'pdftoppm'),
  }
}

/** A warning for the operator if the packaged ffprobe reads the videos. */
export const ffprobeWarning = ({ ffprobe }: Pick<Programs, 'ffprobe'>): string | undefined =>
  ffprobe !== null && ffprobe === packagedFfprobe()
    ? 'Videos are read by the ffprobe of the package, a build of July 2023. Install ffmpeg, which has a maintained ' +
      'ffprobe, or set FFPROBE_PATH.'
    : undefined

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

/** The ffprobe that npm installs with Wordloom: a build of July 2023, which nobody updates. */
function packagedFfprobe(): string | null {
  try {
    const { path } = createRequire(import.meta.url)('@ffprobe-installer/ffprobe') as { path: string }
    // The package's install script does this, but npm may be configured not to run it.
    if (executable(path) === null) chmodSync(path, 0o755)
    return executable(path)
  } catch {
    return null // There is none for this system, or the file belongs to another user.
  }
}
