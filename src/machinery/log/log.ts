import type { Clock } from '../clock/clock.ts'
import { LogLevels } from './levels.ts'

/** What a log line carries besides its text. */
export type LogFields = Readonly<Record<string, unknown>>

/** One component's log. Verbosity follows klog: 0 is always shown, 2 steady state, 4 debugging. */
export interface Log {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, error?: unknown, fields?: LogFields): void
  /** A line shown only at this verbosity or above. */
  v(level: number): Pick<Log, 'info'>
  /** The log of a part of this component, with a level of its own. */
  named(name: string): Log
}
export interface LogOptions {
  readonly component: string
  readonly clock: Clock
  readonly format: 'text' | 'json'
  /** Asked at every line, so that they can be changed while running; shown is level 2 when left out. */
  readonly levels?: LogLevels
  readonly write: (line: string) => void
}

/** klog's level of what is worth knowing while all is well. */
const steadyState = 2

/** A log in klog's text form (`I1120 13:08:30.123456       1 component] "message" key="value"`) or as JSON lines. */
export function createLog(options: LogOptions): Log {
  const { component, levels = new LogLevels(() => steadyState) } = options
  levels.add(component)
  const line = (severity: 'I' | 'W' | 'E', level: number, message: string, fields: LogFields) => {
    const now = new Date(options.clock.now())
    if (options.format === 'json') {
      options.write(
        `${JSON.stringify({ ts: options.clock.now(), v: level, severity, component: options.component, msg: message, ...fields })}\n`,
      )
      return
    }
    const two = (value: number) => String(value).padStart(2, '0')
    const time = `${two(now.getUTCMonth() + 1)}${two(now.getUTCDate())} ${now.toISOString().slice(11, 23)}000`
    const pairs = Object.entries(fields).map(
      ([key, value]) =>
        ` ${key}=${typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value)}`,
    )
    options.write(`${severity}${time} ${options.component}] ${JSON.stringify(message)}${pairs.join('')}\n`)
  }
  const log: Log = {
    info: (message, fields = {}) => line('I', 0, message, fields),
    warn: (message, fields = {}) => line('W', 0, message, fields),
    error: (message, error, fields = {}) =>
      line('E', 0, message, error === undefined ? fields : { err: errorText(error), ...fields }),
    v: (level) => ({
      info(message, fields = {}) {
        if (levels.of(component) >= level) line('I', level, message, fields)
      },
    }),
    named: (name) => createLog({ ...options, levels, component: `${component}/${name}` }),
  }
  return log
}

function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** A log that says nothing: for tests. */
export const silentLog: Log = { info() {}, warn() {}, error() {}, v: () => ({ info() {} }), named: () => silentLog }
