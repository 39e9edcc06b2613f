import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, createLog, type Log, type LogLevels } from '../../machinery/index.ts'

/** When a file is turned over, and what is kept of old ones (`FILE.1` is the newest). */
export interface RotationLimits {
  /** 0: it grows without end. */
  readonly bytesMax: number
  readonly oldKept: number
  /** Old files last written before then go; none do when left out. */
  readonly oldestMs?: () => number
  readonly mode: number
}
const componentLimits: RotationLimits = { bytesMax: 10 << 20, oldKept: 3, mode: 0o644 }

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

/** One rotated file per component below a directory; lines say whom they are about, where it is not the machine. */
export function openLogFiles(
  directory: string,
  clock: Clock,
  options: { readonly format: 'text' | 'json'; readonly levels: LogLevels; readonly about?: string },
): LogFiles {
  mkdirSync(directory, { recursive: true })
  for (const component of loggedComponents) options.levels.add(component)
  const logs = new Map<LoggedComponent, Log>()
  return {
    of(component) {
      let log = logs.get(component)
      if (log === undefined) {
        const write = rotatingWriter(join(directory, `${component}.log`))
        log = createLog({ component, clock, format: options.format, levels: options.levels, write })
        if (options.about !== undefined) log = log.named(options.about)
        logs.set(component, log)
      }
      return log
    },
  }
}

/** Appends to a file, turning it over when it has grown too large. */
export function rotatingWriter(file: string, limits: RotationLimits = componentLimits): (text: string) => void {
  const { bytesMax, oldKept, mode } = limits
  let descriptor: number | undefined
  let size = 0
  return (text) => {
    if (descriptor === undefined) {
      descriptor = openSync(file, 'a', mode)
      size = statSync(file).size
    }
    const bytes = Buffer.from(text)
    if (bytesMax > 0 && size + bytes.length > bytesMax && size > 0) {
      closeSync(descriptor)
      if (oldKept === 0) rmSync(file, { force: true })
      for (let index = oldKept - 1; index >= 0; index--) {
        try {
          renameSync(index === 0 ? file : `${file}.${index}`, `${file}.${index + 1}`)
        } catch {
          // That old file does not exist yet.
        }
      }
      removeAged(file, limits)
      descriptor = openSync(file, 'a', mode)
      size = 0
    }
    size += writeSync(descriptor, bytes)
  }
}

function removeAged(file: string, { oldKept, oldestMs }: RotationLimits): void {
  if (oldestMs === undefined) return
  for (let index = 1; index <= oldKept; index++) {
    const old = `${file}.${index}`
    const { mtimeMs } = statSync(old, { throwIfNoEntry: false }) ?? {}
    if (mtimeMs !== undefined && mtimeMs < oldestMs()) rmSync(old, { force: true })
  }
}
