import { type HealthCheck, healthAnswer } from '../../machinery/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { ping } from './described.ts'
import { openPlain } from './plain.ts'
import { openNear } from './ports.ts'

/** Kubernetes: where kubelets say whether they are well, to whoever asks on their machine. */
const usual = { host: '127.0.0.1', port: 10248 } as const
const checks: readonly HealthCheck[] = [ping, { name: 'log', check: () => '' }, { name: 'syncloop', check: () => '' }]
const health = { livez: checks, readyz: checks }

/** Opens the port of a kubelet's health, or the next free one; undefined where the configuration wants none. */
export async function openKubeletHealth({ components }: ClusterSettings): Promise<AsyncDisposable | undefined> {
  const { healthzBindAddress = usual.host, healthzPort = usual.port } = components?.kubelet ?? {}
  if (healthzPort === 0) return undefined
  const near = await openNear(healthzPort, (port) =>
    openPlain(healthzBindAddress, port, async ({ url }) => {
      const told = url.pathname.startsWith('/healthz') ? healthAnswer(health, url.pathname, url, () => {}) : undefined
      return told ?? { code: 404, text: '404 page not found\n' }
    }),
  )
  return near?.opened
}
