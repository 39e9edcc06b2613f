/** Kubernetes: rules that wait longer than twice the time between two full syncs are late. */
const lateMs = 60_000

/** Whether a proxy's rules follow the services: what its health page tells. */
export class ProxyHealth {
  #pendingSinceMs: number | undefined
  #syncedMs: number | undefined

  /** Something changed that is to become rules. */
  pending(nowMs: number): void {
    this.#pendingSinceMs ??= nowMs
  }

  /** The rules are in place. */
  synced(nowMs: number): void {
    this.#pendingSinceMs = undefined
    this.#syncedMs = nowMs
  }

  isHealthy(nowMs: number): boolean {
    if (this.#syncedMs === undefined) return false
    return this.#pendingSinceMs === undefined || nowMs - this.#pendingSinceMs < lateMs
  }

  /** When rules were last put in place; 0 for never. */
  get syncedMs(): number {
    return this.#syncedMs ?? 0
  }
}
