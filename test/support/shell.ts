import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What a script prints that the plainest shell runs; it stops at the first command that fails. */
export async function runShell(script: string): Promise<string> {
  const shell = spawn('/bin/sh', ['-eu'], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  shell.stdin.end(script)
  const [code] = (await once(shell, 'close')) as [number | null]
  if (code !== 0) throw new Error(`The script ended with ${code}:\n${output}`)
  return output
}
