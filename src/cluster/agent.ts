import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { kubeletAuthorityAnnotation } from '../apiserver/index.ts'
import {
  type Client,
  createClient,
  createInformers,
  credentialsFromKubeconfig,
  httpTransport,
} from '../client/index.ts'
import { type Clock, isAlreadyExists, LogLevels, Metrics, systemClock, systemRandom } from '../machinery/index.ts'
import { runProxy } from '../proxy/index.ts'
import { type Node, nodes, type Service, services } from '../resources/index.ts'
import { AgentError, type AgentRequest } from './agent-request.ts'
import { openPki } from './certificates/pki.ts'
import { type ClusterSettings, clusterDomain } from './config/settings.ts'
import { keepRunning } from './keep-running.ts'
import { openLogFiles } from './logs/files.ts'
import { runContainerNode } from './node/container-node.ts'
import { containerdSettingsOf, nodeAddressOf } from './node/places.ts'
import { sweepNode } from './node/sweep.ts'
import { layoutOf } from './process/directory.ts'

const kubeletPortFirst = 10250
const kubeletPortStep = 10
const kubeletPortsTried = 32
const podRangeWaitMs = 60_000
const podRangePollMs = 200
const kubeProxyConfig = { nodePorts: { from: 30000, to: 32767 } }

/** This machine as a node of a cluster that runs elsewhere, until the signal aborts; then nothing of it stays running. */
export async function runAgent(request: AgentRequest, signal: AbortSignal): Promise<number> {
  const { nodeName } = request
  const clock = systemClock()
  const random = systemRandom()
  const dataDirectory = resolve(request.dataDirectory)
  const layout = layoutOf(dataDirectory)
  const logs = openLogFiles(layout.logs, clock, { format: 'text', levels: new LogLevels(() => 2) })
  const log = logs.of('kubelet')
  const credentials = credentialsFromKubeconfig(resolve(request.kubeconfig))
  const clientAuthority = credentials.ca
  if (clientAuthority === undefined)
    throw new AgentError(
      `${request.kubeconfig} names no certificate authority, and the kubelet must know whom to answer`,
    )
  const clientFor = (userAgent: string) => createClient(httpTransport(credentials, userAgent))
  const client = clientFor('kubelet')
  const provisional = settingsOf(
    { ...request, dataDirectory },
    { podCidr: '', dnsAddress: '', kubeletPort: await freePort() },
  )
  const address = nodeAddressOf(networkInterfaces(), provisional)
  const own = await openPki(
    { directory: layout.pki, apiServerNames: [], kubeletNames: [nodeName, address], nodeName },
    clock.now(),
  )
  const podCidr = await joinCluster(client, nodeName, own.authority.cert, clock, signal)
  const dnsAddress = await dnsAddressOf(client)
  const settings = { ...provisional, network: { ...provisional.network, podCidr, dnsAddress } }
  const informersFor = (component: 'kubelet' | 'proxy', life: AbortSignal) =>
    createInformers(
      {
        client: clientFor(component === 'proxy' ? 'kube-proxy' : 'kubelet'),
        clock,
        random,
        onFailure: (resource, error) =>
          logs.of(component).warn('list or watch failed', { resource: resource.plural, error: String(error) }),
      },
      life,
    )
  try {
    await Promise.all([
      keepRunning(
        'kubelet',
        (life) =>
          runContainerNode(
            {
              settings,
              access: { client, informers: informersFor('kubelet', life) },
              address,
              clock,
              random,
              log,
              containerdLog: logs.of('containerd'),
              pki: () => ({ kubeletServer: own.kubeletServer, authority: { cert: clientAuthority } }),
              containerdSettings: { ...containerdSettingsOf(settings), clusterCidr: wholeRangeOf(podCidr) },
              labels: {},
            },
            life,
          ),
        { clock, log },
        signal,
      ),
      keepRunning(
        'proxy',
        (life) =>
          runProxy(
            {
              informers: informersFor('proxy', life),
              clock,
              nodeName,
              tableName: settings.network.nftTable,
              log: logs.of('proxy'),
              metrics: new Metrics(),
            },
            life,
          ),
        { clock, log: logs.of('proxy') },
        signal,
      ),
    ])
  } finally {
    const stayed = await sweepNode(settings)
    if (stayed !== '') log.warn(stayed)
  }
  return 0
}

/** Makes the Node, or takes over the one there is, names the kubelet's authority on it, and waits for its range of pods. */
async function joinCluster(
  client: Client,
  nodeName: string,
  authority: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  const name = { name: nodeName }
  const annotations = { [kubeletAuthorityAnnotation]: authority }
  const labels = { 'kubernetes.io/hostname': nodeName }
  try {
    const metadata = { ...name, labels, annotations }
    await client.create<Node>(nodes, { apiVersion: 'v1', kind: 'Node', metadata, spec: {} } as unknown as Node)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    await client.patch<Node>(nodes, name, { type: 'merge', body: { metadata: { annotations } } })
  }
  const untilMs = clock.monotonic() + podRangeWaitMs
  for (;;) {
    const { spec } = await client.get<Node>(nodes, name)
    if (spec?.podCIDR !== undefined && spec.podCIDR !== '') return spec.podCIDR
    if (clock.monotonic() > untilMs)
      throw new AgentError(
        `the cluster gave node ${nodeName} no range of pod addresses; its controllers must allocate them`,
      )
    await clock.sleep(podRangePollMs, signal)
  }
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
  network: { readonly podCidr: string; readonly dnsAddress: string; readonly kubeletPort: number },
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
