import { type Client, createClient, createInformers, type HttpCredentials, httpTransport } from '../../client/index.ts'
import type { ContainerdSettings } from '../../kubelet/index.ts'
import {
  buildMeasure,
  type Clock,
  isAlreadyExists,
  type LogLevels,
  Metrics,
  type Random,
} from '../../machinery/index.ts'
import { ProxyHealth, runProxy } from '../../proxy/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import { AgentError } from '../agent-request.ts'
import { openProxyPages, type ProxyPagesParts } from '../component-pages/proxy-pages.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { keepRunning } from '../keep-running.ts'
import type { LogFiles } from '../logs/files.ts'
import { versionInfo } from '../version.ts'
import { type NodePki, runContainerNode } from './container-node.ts'
import { conntrackOf, nodePortAddressesOf } from './places.ts'

export interface AgentNodeParts {
  readonly settings: ClusterSettings
  readonly credentials: HttpCredentials
  readonly address: string
  /** What the Node says of itself from the start. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly pki: NodePki
  readonly cgroup?: string
  /** Where its containers are, once the cluster has given it a range of pods. */
  containerd(podCidr: string): ContainerdSettings
  readonly clock: Clock
  readonly random: Random
  readonly logs: LogFiles
  /** How much each part logs. */
  readonly levels: LogLevels
  readonly logDirectory: string
  /** Where the service proxy tells of itself when the configuration does not say. */
  readonly proxyHosts: ProxyPagesParts['hosts']
}
const podRangeWaitMs = 60_000
const podRangePollMs = 200

/** A node's kubelet and proxy in a process without the API server, kept running until the signal aborts. */
export async function runAgentNode(parts: AgentNodeParts, signal: AbortSignal): Promise<void> {
  const { clock, random, logs, credentials, settings, address } = parts
  const accessOf = (component: 'kubelet' | 'proxy', life: AbortSignal) => {
    const client = createClient(httpTransport(credentials, component === 'proxy' ? 'kube-proxy' : 'kubelet'))
    const onFailure = (resource: { readonly plural: string }, error: unknown) =>
      logs.of(component).warn('list or watch failed', { resource: resource.plural, error: String(error) })
    return { client, informers: createInformers({ client, clock, random, onFailure }, life) }
  }
  const kubelet = async (life: AbortSignal) => {
    const access = accessOf('kubelet', life)
    const podCidr = await joinCluster(access.client, parts, life)
    const node = runContainerNode(
      {
        ...{ settings, access, address, clock, random, log: logs.of('kubelet'), containerdLog: logs.of('containerd') },
        ...(parts.cgroup === undefined ? {} : { cgroup: parts.cgroup }),
        pki: () => parts.pki,
        ...(credentials.cert === undefined ? {} : { clientCertificate: credentials.cert }),
        logDirectory: parts.logDirectory,
        containerdSettings: parts.containerd(podCidr),
        labels: {},
      },
      life,
    )
    const own = access.informers.of(nodes, { fieldSelector: `metadata.name=${settings.nodeName}` })
    const moved = Promise.withResolvers<never>()
    using _ = own.subscribe((now) => {
      const given = now?.spec?.podCIDR ?? podCidr
      if (given !== podCidr) moved.reject(new Error(`the node's pods are to be in ${given} now, not in ${podCidr}`))
    })
    await Promise.race([node, moved.promise])
  }
  const metrics = new Metrics()
  buildMeasure(metrics, versionInfo())
  const own = metrics.part()
  const health = new ProxyHealth()
  const proxy = async (life: AbortSignal) => {
    const { client, informers } = accessOf('proxy', life)
    const { proxyHosts: hosts, levels } = parts
    await using _pages = await openProxyPages({ settings, clock, metrics, levels, client, own, health, hosts })
    await runProxy(
      {
        ...{ informers, clock, nodeName: settings.nodeName },
        tableName: settings.network.nftTable,
        nodePortAddresses: nodePortAddressesOf(settings, address),
        serviceCidr: settings.network.serviceCidr,
        conntrack: conntrackOf(settings),
        log: logs.of('proxy'),
        metrics: own,
        health,
      },
      life,
    )
  }
  await Promise.all([
    keepRunning('kubelet', kubelet, { clock, log: logs.of('kubelet') }, signal),
    ...(settings.without.includes('proxy')
      ? []
      : [keepRunning('proxy', proxy, { clock, log: logs.of('proxy') }, signal)]),
  ])
}

/** Makes the Node, or takes over the one there is, and waits for its range of pods. */
async function joinCluster(
  client: Client,
  { settings: { nodeName }, annotations = {}, clock }: AgentNodeParts,
  signal: AbortSignal,
): Promise<string> {
  const name = { name: nodeName }
  const labels = { 'kubernetes.io/hostname': nodeName }
  try {
    const metadata = { ...name, labels, annotations }
    await client.create<Node>(nodes, { apiVersion: 'v1', kind: 'Node', metadata, spec: {} } as unknown as Node)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    if (Object.keys(annotations).length > 0)
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
