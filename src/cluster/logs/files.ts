import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, createLog, type Log } from '../../machinery/index.ts'

/** Log files are turned over at this size, and this many old ones are kept. */
const fileBytesMax = 10 << 20
const oldFilesKept = 3

/** The components that have a log file of their own. */
export const loggedComponents = [
  'apiserver',
  'scheduler',
  'controllers',
  'kubelet',
  'proxy',
  'dns',
  'containerd',
] as const
export type LoggedComponent = (typeof loggedComponents)[number]

export interface LogFiles {
  of(component: LoggedComponent): Log
}

/** One rotated file per component below a directory. */
export function openLogFiles(
  directory: string,
  clock: Clock,
  options: { readonly format: 'text' | 'json'; readonly verbosity: () => number },
): LogFiles {
  mkdirSync(directory, { recursive: true })
  const logs = new Map<LoggedComponent, Log>()
  return {
    of(component) {
      let log = logs.get(component)
      if (log === undefined) {
        const write = rotatingWriter(join(directory, `${component}.log`))
        log = createLog({ component, clock, format: options.format, verbosity: options.verbosity, write })
        logs.set(component, log)
      }
      return log
    },
  }
}

/** Appends to a file, turning it over when it has grown too large. */
export function rotatingWriter(file: string): (text: string) => void {
  let descriptor: number | undefined
  let size = 0
  return (text) => {
    if (descriptor === undefined) {
      descriptor = openSync(file, 'a', 0o644)
      size = statSync(file).size
    }
    const bytes = Buffer.from(text)
    if (size + bytes.length > fileBytesMax && size > 0) {
      closeSync(descriptor)
      for (let index = oldFilesKept - 1; index >= 0; index--) {
        try {
          renameSync(index === 0 ? file : `${file}.${index}`, `${file}.${index + 1}`)
        } catch {
          // That old file does not exist yet.
        }
      }
      descriptor = openSync(file, 'a', 0o644)
      size = 0
    }
    size += writeSync(descriptor, bytes)
  }
}
