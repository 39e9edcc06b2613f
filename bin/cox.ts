#!/usr/bin/env node
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createTerminal, main } from '../src/cli/index.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one means now.
    if (interrupted.signal.aborted) process.exit(130)
    interrupted.abort(new Error(`interrupted by ${signal}`))
  })
}
process.exitCode = await main(process.argv.slice(2), {
  terminal: createTerminal({
    stdout: process.stdout,
    stderr: process.stderr,
    noColor: process.env.NO_COLOR !== undefined,
  }),
  environment: {
    variables: process.env,
    isRoot: process.getuid?.() === 0,
    platform: process.platform,
    homeDirectory: homedir(),
    workingDirectory: process.cwd(),
    self: [process.execPath, fileURLToPath(import.meta.url)],
  },
  signal: interrupted.signal,
})
