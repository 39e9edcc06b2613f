import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { kubeletAuthorityAnnotation } from '../apiserver/index.ts'
import { type Client, createClient, credentialsFromKubeconfig, httpTransport } from '../client/index.ts'
import { LogLevels, systemClock, systemRandom } from '../machinery/index.ts'
import { type Service, services } from '../resources/index.ts'
import { AgentError, type AgentRequest } from './agent-request.ts'
import { openPki } from './certificates/pki.ts'
import { type ClusterSettings, clusterDomain } from './config/settings.ts'
import { openLogFiles } from './logs/files.ts'
import { runAgentNode } from './node/agent-node.ts'
import { containerdSettingsOf, nodeAddressOf } from './node/places.ts'
import { sweepNode } from './node/sweep.ts'
import { layoutOf } from './process/directory.ts'

const kubeletPortFirst = 10250
const kubeletPortStep = 10
const kubeletPortsTried = 32
const kubeProxyConfig = { nodePorts: { from: 30000, to: 32767 } }

/** This machine as a node of a cluster that runs elsewhere, until the signal aborts; then nothing of it stays running. */
export async function runAgent(request: AgentRequest, signal: AbortSignal): Promise<number> {
  const { nodeName } = request
  const clock = systemClock()
  const random = systemRandom()
  const dataDirectory = resolve(request.dataDirectory)
  const layout = layoutOf(dataDirectory)
  const levels = new LogLevels(() => 2)
  const logs = openLogFiles(layout.logs, clock, { format: 'text', levels })
  const log = logs.of('kubelet')
  const credentials = credentialsFromKubeconfig(resolve(request.kubeconfig))
  const clientAuthority = credentials.ca
  if (clientAuthority === undefined)
    throw new AgentError(
      `${request.kubeconfig} names no certificate authority, and the kubelet must know whom to answer`,
    )
  const client = createClient(httpTransport(credentials, 'kubelet'))
  const provisional = settingsOf({ ...request, dataDirectory }, { dnsAddress: '', kubeletPort: await freePort() })
  const address = nodeAddressOf(networkInterfaces(), provisional)
  const own = await openPki(
    { directory: layout.pki, apiServerNames: [], kubeletNames: [nodeName, address], nodeName },
    clock.now(),
  )
  const dnsAddress = await dnsAddressOf(client)
  const settings = { ...provisional, network: { ...provisional.network, dnsAddress } }
  try {
    await runAgentNode(
      {
        ...{ settings, credentials, address, clock, random, logs, levels, logDirectory: layout.logs },
        proxyHosts: { healthz: '0.0.0.0', metrics: '127.0.0.1' },
        // Its serving certificate is of its own making, so that the Node names whom to believe about it.
        annotations: { [kubeletAuthorityAnnotation]: own.authority.cert },
        pki: { kubeletServer: own.kubeletServer, authority: { cert: clientAuthority } },
        containerd: (podCidr) => ({
          ...containerdSettingsOf(settings),
          podCidrs: [podCidr],
          clusterCidr: wholeRangeOf(podCidr),
        }),
      },
      signal,
    )
  } finally {
    const stayed = await sweepNode(settings)
    if (stayed !== '') log.warn(stayed)
  }
  return 0
}

async function dnsAddressOf(client: Client): Promise<string> {
  const { items } = await client.list<Service>(services, { namespace: 'kube-system' })
  return items.find(({ metadata }) => metadata.name === 'kube-dns')?.spec?.clusterIP ?? ''
}

/** The range of all nodes' pods around one node's /24, as kubeadm and cox lay it out. */
function wholeRangeOf(podCidr: string): string {
  const [first, second] = podCidr.split('.')
  return `${first}.${second}.0.0/16`
}

function settingsOf(
  { nodeName, dataDirectory, imagesDirectory }: AgentRequest,
  network: { readonly dnsAddress: string; readonly kubeletPort: number },
): ClusterSettings {
  const name = `agent-${nodeName.replace(/[^a-z0-9-]/g, '-').slice(0, 32)}`
  return {
    name,
    dataDirectory,
    ...(imagesDirectory === undefined ? {} : { imagesDirectory }),
    port: 0,
    nodes: 1,
    runtime: 'containerd',
    without: [],
    nodeTemplates: [],
    nodeName,
    network: {
      ...network,
      ...kubeProxyConfig,
      index: 0,
      podCidr: '',
      serviceCidr: '',
      clusterDomain,
      bridge: '',
      nftTable: `coxswain-${name}`,
    },
    logFormat: 'text',
    verbosity: 2,
  }
}

/** A port for the kubelet: other clusters' kubelets on this machine have theirs. */
async function freePort(): Promise<number> {
  for (let port = kubeletPortFirst; ; port += kubeletPortStep) {
    const isFree = await new Promise<boolean>((resolveFree) => {
      const probe = createServer()
      probe.once('error', () => resolveFree(false))
      probe.listen(port, () => probe.close(() => resolveFree(true)))
    })
    if (isFree) return port
    if (port > kubeletPortFirst + kubeletPortStep * kubeletPortsTried)
      throw new AgentError(`no port for the kubelet is free from ${kubeletPortFirst} on; stop what listens there`)
  }
}
