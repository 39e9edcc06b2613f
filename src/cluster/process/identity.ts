import { readFileSync } from 'node:fs'

/** One process of ours, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** Field 22 of /proc/PID/stat: clock ticks after boot; empty where there is no /proc. */
  readonly startTime: string
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) ?? '' }
}

/** Whether exactly that process still runs. */
export function isRunning(identity: ProcessIdentity | undefined): identity is ProcessIdentity {
  if (identity === undefined) return false
  if (identity.startTime === '') {
    try {
      process.kill(identity.pid, 0)
      return true
    } catch {
      return false
    }
  }
  return startTimeOf(identity.pid) === identity.startTime
}

/** Undefined when there is no such process, or only its remains. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
