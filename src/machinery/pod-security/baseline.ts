import {
  type Check,
  containersOfPod,
  containersText,
  namesWhere,
  nounFor,
  quoted,
  type SecuredContainer,
  type SecuredPod,
  settersText,
  sortedSet,
  type Violation,
} from './shapes.ts'

type Find = (pod: SecuredPod) => Violation | undefined

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
)
const profileTypes = new Set(['RuntimeDefault', 'Localhost'])
const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/'
const seccompAnnotation = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/'

/** Whether a profile is given, and is not one of those that confine. */
export const isBadProfile = (profile: { readonly type?: string } | undefined): boolean =>
  profile !== undefined && !profileTypes.has(profile.type ?? '')

/** Whether what root may do inside the pod it may not do outside. */
export const isInUserNamespace = ({ spec }: SecuredPod): boolean => spec.hostUsers === false

const appArmorProfile: Find = (pod) => {
  const profileOf = (context: any) => context?.appArmorProfile
  const isPodBad = isBadProfile(profileOf(pod.spec.securityContext))
  const bad = containersOfPod(pod).filter(({ securityContext }) => isBadProfile(profileOf(securityContext)))
  const annotations = Object.entries(pod.annotations)
    .filter(([key, value]) => {
      const isAllowed = value === '' || value === 'runtime/default' || value.startsWith('localhost/')
      return key.startsWith(appArmorAnnotation) && !isAllowed
    })
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const types = [...(isPodBad ? [pod.spec] : []), ...bad].map(({ securityContext }) => profileOf(securityContext).type)
  const values = [...sortedSet(types.map((type) => type ?? '')), ...annotations]
  if (values.length === 0) return undefined
  const setters = settersText(
    isPodBad,
    bad.map(({ name }) => name),
  )
  const who = [
    ...(setters === '' ? [] : [setters]),
    ...(annotations.length === 0 ? [] : [nounFor(annotations.length, 'annotation')]),
  ]
  return {
    reason: nounFor(values.length, 'forbidden AppArmor profile'),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const capabilities: Find = (pod) => {
  const beyond = ({ securityContext }: SecuredContainer): readonly string[] =>
    (securityContext?.capabilities?.add ?? []).filter((one: string) => !defaultCapabilities.has(one))
  const bad = namesWhere(pod, (container) => beyond(container).length > 0)
  if (bad.length === 0) return undefined
  const which = quoted(sortedSet(containersOfPod(pod).flatMap(beyond)))
  return {
    reason: 'non-default capabilities',
    detail: `${containersText(bad)} must not include ${which} in securityContext.capabilities.add`,
  }
}

const hostNamespaces: Find = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((one) => spec[one] === true)
  if (shared.length === 0) return undefined
  return { reason: 'host namespaces', detail: shared.map((one) => `${one}=true`).join(', ') }
}

const hostPathVolumes: Find = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name)
  if (names.length === 0) return undefined
  return { reason: 'hostPath volumes', detail: `${nounFor(names.length, 'volume')} ${quoted(names)}` }
}

const hostPorts: Find = (pod) => {
  const portsOf = ({ ports }: SecuredContainer) =>
    (ports ?? []).flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]))
  const bad = namesWhere(pod, (container) => portsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const ports = sortedSet(containersOfPod(pod).flatMap(portsOf))
  const uses = nounFor(bad.length, 'uses', 'use')
  return {
    reason: 'hostPort',
    detail: `${containersText(bad)} ${uses} ${nounFor(ports.length, 'hostPort')} ${ports.join(', ')}`,
  }
}

function hostsOf(container: SecuredContainer): readonly string[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container
  return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
    .flatMap((handler) => [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? ''])
    .filter((host) => host !== '')
}

const hostProbes: Find = (pod) => {
  const bad = sortedSet(namesWhere(pod, (container) => hostsOf(container).length > 0))
  if (bad.length === 0) return undefined
  const hosts = sortedSet(containersOfPod(pod).flatMap(hostsOf))
  const what = nounFor(hosts.length, 'probe or lifecycle host')
  return {
    reason: 'probe or lifecycle host',
    detail: `${containersText(bad)} ${nounFor(bad.length, 'uses', 'use')} ${what} ${quoted(hosts)}`,
  }
}

const privileged: Find = (pod) => {
  const bad = namesWhere(pod, ({ securityContext }) => securityContext?.privileged === true)
  if (bad.length === 0) return undefined
  return { reason: 'privileged', detail: `${containersText(bad)} must not set securityContext.privileged=true` }
}

/** Refuses whatever shows more of /proc than the default. */
export const unmaskedProc: Find = (pod) => {
  const mountOf = ({ securityContext }: SecuredContainer): string => securityContext?.procMount ?? 'Default'
  const bad = containersOfPod(pod).filter((container) => mountOf(container) !== 'Default')
  if (bad.length === 0) return undefined
  const types = quoted(sortedSet(bad.map(mountOf)))
  const who = containersText(bad.map(({ name }) => name))
  return { reason: 'procMount', detail: `${who} must not set securityContext.procMount to ${types}` }
}

function seLinuxOptions(allowed: readonly string[]): Find {
  const typeOf = (options: any): string => options?.type ?? ''
  const isBad = (options: any) =>
    !allowed.includes(typeOf(options)) || (options?.user ?? '') !== '' || (options?.role ?? '') !== ''
  return (pod) => {
    const { securityContext } = pod.spec
    const setters = settersText(
      isBad(securityContext?.seLinuxOptions),
      namesWhere(pod, (container) => isBad(container.securityContext?.seLinuxOptions)),
    )
    if (setters === '') return undefined
    const all = [pod.spec, ...containersOfPod(pod)].map((one) => one.securityContext?.seLinuxOptions)
    const types = sortedSet(all.map(typeOf).filter((type) => !allowed.includes(type)))
    const what = [
      ...(types.length === 0 ? [] : [`${nounFor(types.length, 'type')} ${quoted(types)}`]),
      ...(all.some((one) => (one?.user ?? '') !== '') ? ['user may not be set'] : []),
      ...(all.some((one) => (one?.role ?? '') !== '') ? ['role may not be set'] : []),
    ]
    return {
      reason: 'seLinuxOptions',
      detail: `${setters} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
    }
  }
}

const seccompAnnotations: Find = (pod) => {
  const keys = [seccompAnnotation, ...containersOfPod(pod).map(({ name }) => seccompContainerAnnotation + name)]
  const isBad = (value: string | undefined) =>
    value !== undefined && value !== 'runtime/default' && value !== 'docker/default' && !value.startsWith('localhost/')
  const bad = sortedSet(
    keys.filter((key) => isBad(pod.annotations[key])).map((key) => `${key}=${JSON.stringify(pod.annotations[key])}`),
  )
  if (bad.length === 0) return undefined
  return { reason: 'seccompProfile', detail: `forbidden ${nounFor(bad.length, 'annotation')} ${bad.join(', ')}` }
}

/** Refuses seccomp profiles that do not confine. */
export const badSeccompProfile: Find = (pod) => {
  const profileOf = (context: any) => context?.seccompProfile
  const isPodBad = isBadProfile(profileOf(pod.spec.securityContext))
  const bad = containersOfPod(pod).filter(({ securityContext }) => isBadProfile(profileOf(securityContext)))
  if (!isPodBad && bad.length === 0) return undefined
  const types = [...(isPodBad ? [pod.spec] : []), ...bad].map((one) => profileOf(one.securityContext).type ?? '')
  const setters = settersText(
    isPodBad,
    bad.map(({ name }) => name),
  )
  return {
    reason: 'seccompProfile',
    detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(sortedSet(types))}`,
  }
}

function sysctls(allowed: readonly string[]): Find {
  return ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? [])
      .map(({ name }: { name: string }) => name)
      .filter((name: string) => !allowed.includes(name))
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
  }
}

const hostProcess: Find = (pod) => {
  const isHost = ({ securityContext }: { readonly securityContext?: any }) =>
    securityContext?.windowsOptions?.hostProcess === true
  const setters = settersText(isHost(pod.spec), namesWhere(pod, isHost))
  if (setters === '') return undefined
  return { reason: 'hostProcess', detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` }
}

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t']
const sysctls0 = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]
const sysctls27 = [...sysctls0, 'net.ipv4.ip_local_reserved_ports']
const keepAlive = ['tcp_keepalive_time', 'tcp_fin_timeout', 'tcp_keepalive_intvl', 'tcp_keepalive_probes']
const sysctls29 = [...sysctls27, ...keepAlive.map((name) => `net.ipv4.${name}`)]
const sysctls32 = [...sysctls29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

/** What every level but privileged refuses, by the names of Kubernetes' checks and in the order of those. */
export const baselineChecks: readonly Check[] = [
  { id: 'appArmorProfile', since: [[0, appArmorProfile]] },
  { id: 'capabilities_baseline', since: [[0, capabilities]] },
  { id: 'hostNamespaces', since: [[0, hostNamespaces]] },
  { id: 'hostPathVolumes', since: [[0, hostPathVolumes]] },
  { id: 'hostPorts', since: [[0, hostPorts]] },
  { id: 'hostProbesAndHostLifecycle', since: [[34, hostProbes]] },
  { id: 'privileged', since: [[0, privileged]] },
  {
    id: 'procMount',
    since: [
      [0, unmaskedProc],
      [35, (pod) => (isInUserNamespace(pod) ? undefined : unmaskedProc(pod))],
    ],
  },
  {
    id: 'seLinuxOptions',
    since: [
      [0, seLinuxOptions(seLinuxTypes)],
      [31, seLinuxOptions([...seLinuxTypes, 'container_engine_t'])],
    ],
  },
  {
    id: 'seccompProfile_baseline',
    since: [
      [0, seccompAnnotations],
      [19, badSeccompProfile],
    ],
  },
  {
    id: 'sysctls',
    since: [
      [0, sysctls(sysctls0)],
      [27, sysctls(sysctls27)],
      [29, sysctls(sysctls29)],
      [32, sysctls(sysctls32)],
    ],
  },
  { id: 'windowsHostProcess', since: [[0, hostProcess]] },
]
