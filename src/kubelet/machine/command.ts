import { spawn } from 'node:child_process'

/** Runs a program to its end; resolves with what it printed, rejects with what it complained of. */
export function command(program: string, args: readonly string[], input?: string, cwd?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd })
    let printed = ''
    let complaint = ''
    child.stdout.on('data', (chunk) => (printed += String(chunk)))
    child.stderr.on('data', (chunk) => (complaint += String(chunk)))
    child.on('error', reject)
    // A program that ends before it has read everything breaks the pipe: its exit code tells more.
    child.stdin.on('error', () => {})
    child.on('close', (code) => {
      if (code === 0) resolve(printed)
      else reject(new Error(`${program} ${args.join(' ')}: ${complaint.trim() || `exit code ${code}`}`))
    })
    child.stdin.end(input)
  })
}
