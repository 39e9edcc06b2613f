import { spawn } from 'node:child_process'
import { readlinkSync } from 'node:fs'

/**
 * Whether the mounts of the first process can be entered, as pods of the suite do that prepare volumes on their node;
 * some machines keep theirs to themselves.
 */
export function reachesFirstProcess(): boolean {
  try {
    return readlinkSync('/proc/1/ns/mnt') !== ''
  } catch {
    return false
  }
}

/** Runs this very program again where a shell is the first process, which also takes in what others leave behind. */
export function againBelowShell(): Promise<number> {
  const namespaces = ['--pid', '--fork', '--mount-proc', '--kill-child']
  const words = [...namespaces, 'bash', '-c', '"$@"; exit $?', 'bash', process.execPath, ...process.argv.slice(1)]
  const child = spawn('unshare', words, { stdio: 'inherit', detached: true })
  // The shell heeds no signal there: the program below it must hear of it itself.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => process.kill(-child.pid!, signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
