import { X509Certificate } from 'node:crypto'
import type { Clock, Gauge, Metrics } from '../machinery/index.ts'

/** Told how far a node's start has come. Each step counts the first time alone. */
export interface StartMeasures {
  registering(): void
  /** The Node was made, which nobody had made before. */
  registered(): void
  ready(): void
}

/** Kubernetes' metrics of how long a new node takes from the machine's start until it is ready. */
export function startMeasures(metrics: Metrics, clock: Clock, bootedAtMs: Promise<number | undefined>): StartMeasures {
  const gauge = (name: string, help: string) =>
    metrics.gauge(`kubelet_node_startup_${name}`, `Duration in seconds of node startup ${help}.`)
  const parts = {
    before: gauge('pre_kubelet_duration_seconds', 'before kubelet starts'),
    unregistered: gauge('pre_registration_duration_seconds', 'before registration'),
    registration: gauge('registration_duration_seconds', 'during registration'),
    after: gauge('post_registration_duration_seconds', 'after registration'),
    all: gauge('duration_seconds', 'in total'),
  }
  const startedMs = clock.now()
  let triedMs: number | undefined
  let registeredMs: number | undefined
  let isReady = false
  const sinceBoot = (part: Gauge, untilMs: number) =>
    void bootedAtMs.then((bootedMs) => bootedMs !== undefined && part.set((untilMs - bootedMs) / 1000))
  return {
    registering: () => void (triedMs ??= clock.now()),
    registered() {
      if (triedMs === undefined || registeredMs !== undefined) return
      registeredMs = clock.now()
      sinceBoot(parts.before, startedMs)
      parts.unregistered.set((triedMs - startedMs) / 1000)
      parts.registration.set((registeredMs - triedMs) / 1000)
    },
    ready() {
      if (registeredMs === undefined || isReady) return
      isReady = true
      const nowMs = clock.now()
      parts.after.set((nowMs - registeredMs) / 1000)
      sinceBoot(parts.all, nowMs)
    },
  }
}

/** PEM of the certificates that a kubelet uses now; undefined for one it does without. */
export interface CertificatesInUse {
  readonly server: () => string
  readonly client: () => string | undefined
}
const rotationBuckets = [60, 3600, 14400, 86400, 604800, 2592000, 7776000, 15552000, 31104000, 124416000]

/** Kubernetes' metrics of a kubelet's certificates; gives what is to be told of one that another has taken the place of. */
export function certificateMeasures(
  metrics: Metrics,
  clock: Clock,
  { server, client }: CertificatesInUse,
): (replaced: string) => void {
  const leftSeconds = (pem: string | undefined) =>
    pem === undefined ? Number.POSITIVE_INFINITY : Math.trunc((validityOf(pem).untilMs - clock.now()) / 1000)
  metrics.gaugeOf(
    'kubelet_certificate_manager_server_ttl_seconds',
    "Gauge of the shortest TTL (time-to-live) of the Kubelet's serving certificate. The value is in seconds until certificate expiry (negative if already expired). If serving certificate is invalid or unused, the value will be +INF.",
    () => leftSeconds(server()),
  )
  metrics.gaugeOf(
    'kubelet_certificate_manager_client_ttl_seconds',
    "Gauge of the TTL (time-to-live) of the Kubelet's client certificate. The value is in seconds until certificate expiry (negative if already expired). If client certificate is invalid or unused, the value will be +INF.",
    () => leftSeconds(client()),
  )
  const rotated = metrics.histogram(
    'kubelet_certificate_manager_server_rotation_seconds',
    'Histogram of the number of seconds the previous certificate lived before being rotated.',
    rotationBuckets,
  )
  return (replaced) => rotated.observe((clock.now() - validityOf(replaced).fromMs) / 1000)
}

function validityOf(pem: string): { readonly fromMs: number; readonly untilMs: number } {
  const { validFrom, validTo } = new X509Certificate(pem)
  return { fromMs: Date.parse(validFrom), untilMs: Date.parse(validTo) }
}
