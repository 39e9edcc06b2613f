import { join } from 'node:path'
import type { Pod } from '../../resources/index.ts'
import type { SandboxConfig } from '../runtime/runtime.ts'
import type { KubeletSettings } from '../settings.ts'
import { containerLabels, isSidecar } from '../sync/containers.ts'
import { type DnsSettings, hostnameOf, podDns } from './network-files.ts'
import { podCgroupPath } from './resources.ts'
import { sandboxSecurity } from './security.ts'

/** Where a pod's containers log to. */
export function podLogDirectory({ logDirectory }: KubeletSettings, { metadata }: Pod): string {
  return join(logDirectory, `${metadata.namespace}_${metadata.name}_${metadata.uid}`)
}

/** The sandbox a pod is to run in. */
export function sandboxConfigOf(
  settings: KubeletSettings,
  pod: Pod,
  attempt: number,
  nodeDns: DnsSettings,
  runtimeHandler: string | undefined,
): SandboxConfig {
  const { spec, metadata } = pod
  const { uid, name, namespace = '' } = metadata
  // containerd 1.6 would ignore it in silence, and run the pod as the node's own root.
  if (spec.hostUsers === false) throw new Error('the runtime does not support user namespaces (hostUsers: false)')
  const cluster = { domain: settings.clusterDomain, servers: settings.clusterDns }
  const containers = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers]
  const portMappings = containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort = 0 }) => hostPort > 0 && spec.hostNetwork !== true)
      .map(({ protocol = 'TCP', containerPort, hostPort = 0, hostIP }) => ({
        protocol,
        containerPort,
        hostPort,
        ...(hostIP === undefined ? {} : { hostIp: hostIP }),
      })),
  )
  // Kubernetes: sysctl names may be written with slashes.
  const sysctls = (spec.securityContext?.sysctls ?? []).map(
    (one) => [one.name.replaceAll('/', '.'), one.value] as const,
  )
  return {
    pod: { uid, name, namespace, attempt },
    // The node's own name is not the pod's to set.
    hostname: spec.hostNetwork === true ? '' : hostnameOf(pod, settings.clusterDomain).hostname,
    logDirectory: podLogDirectory(settings, pod),
    dns: podDns(pod, cluster, nodeDns),
    portMappings,
    labels: {
      ...metadata.labels,
      [containerLabels.podName]: name,
      [containerLabels.podNamespace]: namespace,
      [containerLabels.podUid]: uid,
    },
    annotations: metadata.annotations ?? {},
    cgroupParent: podCgroupPath(settings.cgroupRoot, pod),
    sysctls: Object.fromEntries(sysctls),
    namespaces: {
      network: spec.hostNetwork === true ? 'NODE' : 'POD',
      pid: spec.hostPID === true ? 'NODE' : spec.shareProcessNamespace === true ? 'POD' : 'CONTAINER',
      ipc: spec.hostIPC === true ? 'NODE' : 'POD',
    },
    security: sandboxSecurity(pod, join(settings.rootDirectory, 'seccomp')),
    ...(runtimeHandler === undefined ? {} : { runtimeHandler }),
  }
}
