import type { Health, HealthCheck } from '../../machinery/index.ts'

/** Kubernetes' checks of an API server, under its names, with what else must be well. */
export function serverHealth({
  start,
  isReady,
  shutdown,
  checks = [],
}: {
  /** The steps of its start. */
  readonly start: readonly HealthCheck[]
  readonly isReady: () => boolean
  /** Why it is going out of service; empty when it is not. */
  readonly shutdown: () => string
  readonly checks?: readonly HealthCheck[] | undefined
}): Health {
  const well = (name: string): HealthCheck => ({ name, check: () => '' })
  const livez = [...['ping', 'log', 'etcd'].map(well), ...checks, ...start]
  const synced = { name: 'informer-sync', check: () => (isReady() ? '' : 'not synced') }
  return { livez, readyz: [...livez, synced, { name: 'shutdown', check: shutdown }] }
}
