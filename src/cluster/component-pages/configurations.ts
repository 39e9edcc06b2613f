import { durationText } from '../../machinery/index.ts'
import { conntrackDefaults } from '../../proxy/index.ts'
import type { ClusterSettings } from '../config/settings.ts'

/** What /configz of the scheduler shows: its configuration, with what it goes by where nothing was said. */
export function schedulerConfiguration({ components = {} }: ClusterSettings): object {
  const { scheduler = {} } = components
  return {
    kind: 'KubeSchedulerConfiguration',
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    parallelism: scheduler.parallelism ?? 16,
    leaderElection: { leaderElect: false },
    percentageOfNodesToScore: scheduler.percentageOfNodesToScore ?? 0,
    podInitialBackoffSeconds: scheduler.podInitialBackoffSeconds ?? 1,
    podMaxBackoffSeconds: scheduler.podMaxBackoffSeconds ?? 10,
    profiles: scheduler.profiles ?? [{ schedulerName: 'default-scheduler' }],
    ...(scheduler.extenders === undefined ? {} : { extenders: scheduler.extenders }),
  }
}

/** The same of the controllers. Kubernetes: this kind has no JSON names, and shows those of Go. */
export function controllersConfiguration({ network, name }: ClusterSettings, address: string, port: number): object {
  return {
    kind: 'KubeControllerManagerConfiguration',
    apiVersion: 'kubecontrollermanager.config.k8s.io/v1alpha1',
    Generic: { Port: port, Address: address, Controllers: ['*'], LeaderElection: { LeaderElect: false } },
    KubeCloudShared: {
      AllocateNodeCIDRs: true,
      ClusterCIDR: network.podCidr,
      ClusterName: name,
      UseServiceAccountCredentials: true,
    },
    NodeIPAMController: { ServiceCIDR: network.serviceCidr, NodeCIDRMaskSize: 24 },
  }
}

/** The same of the service proxy. */
export function proxyConfiguration(
  { network, nodeName, components = {} }: ClusterSettings,
  addresses: { readonly healthz: string; readonly metrics: string },
): object {
  return {
    kind: 'KubeProxyConfiguration',
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    mode: 'nftables',
    hostnameOverride: nodeName,
    clusterCIDR: network.podCidr,
    healthzBindAddress: addresses.healthz,
    metricsBindAddress: addresses.metrics,
    nodePortAddresses: components.proxy?.nodePortAddresses ?? null,
    conntrack: {
      maxPerCore: conntrackDefaults.maxPerCore,
      min: conntrackDefaults.min,
      tcpEstablishedTimeout: durationText(conntrackDefaults.tcpEstablishedMs),
      tcpCloseWaitTimeout: durationText(conntrackDefaults.tcpCloseWaitMs),
      tcpBeLiberal: false,
      udpTimeout: '0s',
      udpStreamTimeout: '0s',
      ...components.proxy?.conntrack,
    },
  }
}
