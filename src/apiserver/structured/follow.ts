import { createHash } from 'node:crypto'
import type { Metrics } from '../../machinery/index.ts'

/** A file that may change while the server runs. */
export interface FollowedFile {
  read(): Promise<string>
  /** Yields whenever it may have changed; ends with the signal. */
  changes(signal: AbortSignal): AsyncIterable<void>
}

/** What Kubernetes makes of a text in labels: nothing of nothing, else its SHA-256. */
export function hashLabel(text: string): string {
  return text === '' ? '' : `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** Counts the reloads of one configuration, under the names kube-apiserver has for them. */
export class ReloadMetrics {
  readonly #total
  readonly #last
  readonly #info
  readonly #server: string
  readonly #now: () => number
  #shown: Readonly<Record<string, string>> | undefined

  constructor(
    metrics: Metrics,
    of: 'authentication' | 'authorization' | 'encryption',
    serverId: string,
    now: () => number,
  ) {
    const name = `apiserver_${of}_config_controller`
    this.#total = metrics.counter(
      `${name}_automatic_reloads_total`,
      `Total number of automatic reloads of ${of} configuration split by status and apiserver identity.`,
    )
    this.#last = metrics.gauge(
      `${name}_automatic_reload_last_timestamp_seconds`,
      `Timestamp of the last automatic reload of ${of} configuration split by status and apiserver identity.`,
    )
    this.#info = metrics.gauge(
      `${name}_last_config_info`,
      `Information about the last applied ${of} configuration with hash as label, split by apiserver identity.`,
    )
    this.#server = hashLabel(serverId)
    this.#now = now
  }

  applied(text: string): void {
    if (this.#shown !== undefined) this.#info.remove(this.#shown)
    this.#shown = { apiserver_id_hash: this.#server, hash: hashLabel(text) }
    this.#info.set(1, this.#shown)
  }

  reloaded(status: 'success' | 'failure'): void {
    const labels = { status, apiserver_id_hash: this.#server }
    this.#total.inc(labels)
    this.#last.set(this.#now() / 1000, labels)
  }
}

export interface Reload {
  readonly file: FollowedFile
  /** What is in effect when following begins. */
  readonly text: string
  readonly metrics: ReloadMetrics
  /** Puts a text into effect. `final`: it can never be; else it is tried again with the next change. */
  apply(text: string): Promise<{ readonly problem: string; readonly final: boolean } | undefined>
  readonly complain: (problem: string) => void
}

/** Puts into effect what the file says whenever it changes; what is in effect stays where it cannot be. Ends with the signal. */
export async function followFile({ file, text, metrics, apply, complain }: Reload, signal: AbortSignal): Promise<void> {
  let tracked = text
  for await (const _ of file.changes(signal)) {
    const failed = (problem: string) => {
      metrics.reloaded('failure')
      complain(problem)
    }
    let next: string
    try {
      next = await file.read()
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error))
      continue
    }
    if (next === tracked) continue
    const refused = await apply(next)
    if (refused === undefined || refused.final) tracked = next
    if (refused !== undefined) failed(refused.problem)
    else {
      metrics.reloaded('success')
      metrics.applied(next)
    }
  }
}
