/** How the kernel tracks connections: `conntrack` of a KubeProxyConfiguration, durations in ms. */
export interface ConntrackChoices {
  /** Connections for each core; 0 leaves the limit as it is. */
  readonly maxPerCore?: number
  /** Connections at the least, however few the cores are. */
  readonly min?: number
  /** 0 leaves this and the other times as they are. */
  readonly tcpEstablishedMs?: number
  readonly tcpCloseWaitMs?: number
  readonly tcpBeLiberal?: boolean
  readonly udpMs?: number
  readonly udpStreamMs?: number
}

/** What Kubernetes goes by where nothing was chosen; times that are missing stay as they are. */
export const conntrackDefaults = {
  maxPerCore: 32 * 1024,
  min: 128 * 1024,
  tcpEstablishedMs: 24 * 60 * 60 * 1000,
  tcpCloseWaitMs: 60 * 60 * 1000,
} as const satisfies ConntrackChoices

/** One setting of the kernel. */
export interface KernelSetting {
  /** As it is called below /proc/sys/net/netfilter. */
  readonly name: string
  readonly value: number
  /** Whether somebody asked for this very value; if not, a greater one that is there is kept. */
  readonly isChosen: boolean
}

/** Kubernetes: more than a million would take too much memory where there are many cores. */
const limitMax = 1_048_576

/**
 * What the kernel is to be set to.
 * Unlike Kubernetes: what nobody chose never makes a machine remember less than it did, since it is not the cluster's alone.
 */
export function settingsOf(choices: ConntrackChoices, cores: number): readonly KernelSetting[] {
  const { maxPerCore, min, tcpEstablishedMs, tcpCloseWaitMs } = { ...conntrackDefaults, ...choices }
  const { tcpBeLiberal = false, udpMs, udpStreamMs } = choices
  const scaled = maxPerCore * cores
  // Kubernetes: the bound holds against cores alone, not against a minimum.
  const limit = maxPerCore === 0 ? 0 : scaled > limitMax ? limitMax : Math.max(scaled, min)
  const isLimitChosen = choices.maxPerCore !== undefined || choices.min !== undefined
  const seconds = (ms = 0) => Math.floor(ms / 1000)
  const settings: readonly KernelSetting[] = [
    { name: 'nf_conntrack_max', value: limit, isChosen: isLimitChosen },
    {
      name: 'nf_conntrack_tcp_timeout_established',
      value: seconds(tcpEstablishedMs),
      isChosen: choices.tcpEstablishedMs !== undefined,
    },
    {
      name: 'nf_conntrack_tcp_timeout_close_wait',
      value: seconds(tcpCloseWaitMs),
      isChosen: choices.tcpCloseWaitMs !== undefined,
    },
    { name: 'nf_conntrack_tcp_be_liberal', value: tcpBeLiberal ? 1 : 0, isChosen: true },
    { name: 'nf_conntrack_udp_timeout', value: seconds(udpMs), isChosen: true },
    { name: 'nf_conntrack_udp_timeout_stream', value: seconds(udpStreamMs), isChosen: true },
  ]
  return settings.filter(({ value }) => value > 0)
}

/** Whether a setting has to be written, given what is there. */
export function mustWrite({ value, isChosen }: KernelSetting, present: number): boolean {
  return isChosen ? present !== value : present < value
}

/** How large the kernel's table of connections has to be for a limit, or nothing when it is large enough. */
export function hashSizeFor(limit: number, present: number): number | undefined {
  const wanted = Math.floor(limit / 4)
  return present >= wanted ? undefined : wanted
}
