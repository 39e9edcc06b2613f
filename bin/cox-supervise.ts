#!/usr/bin/env node
/**
 * The supervisor by itself: what `cox supervise` does, without the rest of the command. Built into one small file, it starts in
 * half the time and with half the memory, and it stays as long as the cluster does.
 */
import { parseArgs } from 'node:util'
import { superviseCluster } from '../src/cluster/index.ts'

const { values } = parseArgs({
  options: {
    entry: { type: 'string' },
    name: { type: 'string' },
    'data-directory': { type: 'string' },
    started: { type: 'string' },
  },
})
const { entry, started, 'data-directory': directory } = values
if (entry === undefined || directory === undefined) {
  process.stderr.write('cox-supervise: started by `cox up`, with --entry and the --data-directory of a cluster\n')
  process.exitCode = 2
} else {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())
  const first = started === undefined ? undefined : Number(started)
  await superviseCluster(directory, [process.execPath, entry], interrupted.signal, first)
}
