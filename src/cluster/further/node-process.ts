import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credentialsFromKubeconfig } from '../../client/index.ts'
import { LogLevels, systemClock, systemRandom } from '../../machinery/index.ts'
import { AgentError } from '../agent-request.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { openLogFiles } from '../logs/files.ts'
import { runAgentNode } from '../node/agent-node.ts'
import { dnsListenerOf } from '../node/places.ts'
import { layoutOf } from '../process/directory.ts'
import { forwardLoopbackNames } from './namespace.ts'
import { furtherNodesOf } from './places.ts'

/** A node after the first, inside its own network namespace, until the signal aborts or its cluster process is gone. */
export async function runNodeProcess(cluster: ClusterSettings, nodeName: string, signal: AbortSignal): Promise<void> {
  const node = furtherNodesOf(cluster).find(({ name }) => name === nodeName)
  if (node === undefined) throw new AgentError(`cluster ${cluster.name} has no node ${nodeName} of its own process`)
  const stop = new AbortController()
  signal.addEventListener('abort', () => stop.abort(signal.reason), { once: true })
  if (signal.aborted) stop.abort(signal.reason)
  process.stdin.once('close', () => stop.abort(new Error('the cluster process is gone')))
  process.stdin.resume()
  const clock = systemClock()
  const { settings } = node
  const levels = new LogLevels(() => settings.verbosity)
  const logs = openLogFiles(node.logs, clock, { format: settings.logFormat, levels, about: nodeName })
  process.on('unhandledRejection', (error) =>
    logs.of('kubelet').error('a promise was rejected and nobody was waiting', error),
  )
  const dns = dnsListenerOf(cluster)
  if (dns !== undefined) await forwardLoopbackNames(dns.address)
  const pki = (file: string) => readFile(join(layoutOf(node.directory).pki, file), 'utf8')
  const [authority, cert, key] = await Promise.all(['ca.crt', 'kubelet-server.crt', 'kubelet-server.key'].map(pki))
  try {
    await runAgentNode(
      {
        ...node,
        settings,
        credentials: credentialsFromKubeconfig(node.kubeconfig),
        pki: { kubeletServer: { cert: cert!, key: key! }, authority: { cert: authority! } },
        clock,
        random: systemRandom(),
        logs,
        levels,
        logDirectory: node.logs,
        // Its namespace is its own, and from outside its loopback cannot be reached.
        proxyHosts: { healthz: '0.0.0.0', metrics: '0.0.0.0' },
      },
      stop.signal,
    )
  } finally {
    // Read to the end of the cluster process, it would keep this one.
    process.stdin.destroy()
  }
}
