import { join } from 'node:path'
import type { ContainerdSettings } from '../../kubelet/index.ts'
import { parseDuration } from '../../machinery/index.ts'
import type { ConntrackChoices } from '../../proxy/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { layoutOf } from '../process/directory.ts'

/** The first node's share of the pods' range: what node IPAM gives to the first node it sees. */
export function firstPodCidr(podCidr: string): string {
  const [address = ''] = podCidr.split('/')
  return `${address}/24`
}

/** The address pods see their node at: the first of their range, on the bridge. */
export function gatewayOf(podCidr: string): string {
  const [address = ''] = podCidr.split('/')
  return address.replace(/\.\d+$/, '.1')
}

/** Where the machine's own node keeps its containers. */
export function containerdSettingsOf(settings: ClusterSettings): ContainerdSettings {
  return {
    name: settings.name,
    directory: join(layoutOf(settings.dataDirectory).node, 'containerd'),
    runDirectory: `/run/coxswain/${settings.name}`,
    podCidrs: [firstPodCidr(settings.network.podCidr)],
    clusterCidr: settings.network.podCidr,
    registryDirectory: join(layoutOf(settings.dataDirectory).node, 'registries'),
  }
}

/** The cgroup above everything of a cluster. */
export function cgroupOf(settings: ClusterSettings): string {
  return `/coxswain-${settings.name}`
}

/** The node's address: the machine's first one that is not loopback, else the bridge's. */
export function nodeAddressOf(
  interfaces: NodeJS.Dict<readonly { readonly address: string; readonly family: string; readonly internal: boolean }[]>,
  settings: ClusterSettings,
): string {
  const ours = /^(cox|cni|veth|docker|br-)/
  for (const [name, addresses] of Object.entries(interfaces)) {
    if (ours.test(name)) continue
    for (const { address, family, internal } of addresses ?? []) if (!internal && family === 'IPv4') return address
  }
  return gatewayOf(settings.network.podCidr)
}

/** Where node ports answer, as a KubeProxyConfiguration chose it; none: at every address of the node. */
export function nodePortAddressesOf({ components }: ClusterSettings, address: string): readonly string[] {
  const chosen = components?.proxy?.nodePortAddresses ?? []
  return chosen[0] === 'primary' ? [`${address}/32`] : chosen
}

/** How the kernel is to track connections, as a KubeProxyConfiguration chose it. */
export function conntrackOf({ components }: ClusterSettings): ConntrackChoices {
  const { maxPerCore, min, tcpBeLiberal, ...times } = components?.proxy?.conntrack ?? {}
  const { tcpEstablishedTimeout, tcpCloseWaitTimeout, udpTimeout, udpStreamTimeout } = times
  return {
    ...(maxPerCore === undefined ? {} : { maxPerCore }),
    ...(min === undefined ? {} : { min }),
    ...(tcpBeLiberal === undefined ? {} : { tcpBeLiberal }),
    ...(tcpEstablishedTimeout === undefined ? {} : { tcpEstablishedMs: parseDuration(tcpEstablishedTimeout) }),
    ...(tcpCloseWaitTimeout === undefined ? {} : { tcpCloseWaitMs: parseDuration(tcpCloseWaitTimeout) }),
    ...(udpTimeout === undefined ? {} : { udpMs: parseDuration(udpTimeout) }),
    ...(udpStreamTimeout === undefined ? {} : { udpStreamMs: parseDuration(udpStreamTimeout) }),
  }
}

/** Where the cluster's DNS answers; undefined when it is left out, or when no pod could ask. */
export function dnsListenerOf({
  without,
  runtime,
  network,
}: ClusterSettings): { readonly address: string; readonly port: number } | undefined {
  return without.includes('dns') || runtime === 'simulated'
    ? undefined
    : { address: gatewayOf(network.podCidr), port: 53 }
}
