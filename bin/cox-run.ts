#!/usr/bin/env node
/**
 * The cluster process by itself, started by `cox up` and by the supervisor: without the rest of the command, so that the store
 * is opened and the API answers a tenth of a second sooner.
 */
import { parseArgs } from 'node:util'
// Not through the room's front door, behind which everything waits that commands need.
import { readSettings } from '../src/cluster/process/directory.ts'
import { tellEnding } from '../src/cluster/process/programs.ts'
import { runClusterProcess } from '../src/cluster/process/run.ts'

const { values } = parseArgs({
  options: {
    entry: { type: 'string' },
    name: { type: 'string' },
    'data-directory': { type: 'string' },
    tells: { type: 'boolean' },
  },
})
const { entry, 'data-directory': directory, tells } = values
if (tells === true) tellEnding()
const settings = directory === undefined ? undefined : await readSettings(directory)
if (entry === undefined || settings === undefined) {
  process.stderr.write('cox-run: started by `cox up`, with --entry and the --data-directory of a cluster\n')
  process.exitCode = 2
} else {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second one means now.
      if (interrupted.signal.aborted) process.exit(130)
      interrupted.abort(new Error(`interrupted by ${signal}`))
    })
  }
  process.exitCode = await runClusterProcess(settings, [process.execPath, entry], interrupted.signal)
}
