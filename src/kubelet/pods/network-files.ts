import type { Pod } from '../../resources/index.ts'

const hostnameMax = 63
const fqdnMax = 64
const searchesMax = 32
const ndotsDefault = 'ndots:5'

/** The pod's host name and, below its subdomain, its full name. */
export function hostnameOf(pod: Pod, clusterDomain: string): { readonly hostname: string; readonly fqdn: string } {
  const { hostname, subdomain, setHostnameAsFQDN, hostnameOverride } = pod.spec
  if (hostnameOverride !== undefined && hostnameOverride !== '') return { hostname: hostnameOverride, fqdn: '' }
  const chosen = hostname === undefined || hostname === '' ? pod.metadata.name : hostname
  // Kubernetes: cut to 63 characters, and not ending in a separator.
  const short = chosen.slice(0, hostnameMax).replace(/[-.]+$/, '')
  const domain = `${pod.metadata.namespace}.svc.${clusterDomain}`
  const fqdn = subdomain === undefined || subdomain === '' ? '' : `${short}.${subdomain}.${domain}`
  if (setHostnameAsFQDN !== true || fqdn === '') return { hostname: short, fqdn }
  if (fqdn.length > fqdnMax)
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long (${fqdnMax} characters is the max, ${fqdn.length} characters requested)`,
    )
  return { hostname: fqdn, fqdn }
}

/** /etc/hosts of a pod; `nodeFile` is the node's own, which pods of the host network share. */
export function hostsFile(pod: Pod, podIps: readonly string[], clusterDomain: string, nodeFile: string): string {
  const aliases = aliasLines(pod)
  if (pod.spec.hostNetwork === true)
    return `# Kubernetes-managed hosts file (host network).\n${nodeFile}${nodeFile.endsWith('\n') ? '' : '\n'}${aliases}`
  const { hostname, fqdn } = hostnameOf(pod, clusterDomain)
  const short = fqdn !== '' && hostname === fqdn ? hostname.split('.')[0]! : hostname
  const own = podIps.map((ip) => (fqdn === '' ? `${ip}\t${short}\n` : `${ip}\t${fqdn}\t${short}\n`))
  return [
    '# Kubernetes-managed hosts file.\n',
    '127.0.0.1\tlocalhost\n',
    '::1\tlocalhost ip6-localhost ip6-loopback\n',
    'fe00::0\tip6-localnet\n',
    'fe00::0\tip6-mcastprefix\n',
    'fe00::1\tip6-allnodes\n',
    'fe00::2\tip6-allrouters\n',
    ...own,
    aliases,
  ].join('')
}
function aliasLines(pod: Pod): string {
  const aliases = pod.spec.hostAliases ?? []
  if (aliases.length === 0) return ''
  const lines = aliases.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`)
  return `\n# Entries added by HostAliases.\n${lines.join('')}`
}

export interface DnsSettings {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

/** What a resolver file says. */
export function parseResolvConf(text: string): DnsSettings {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const last = (keyword: string) => lines.findLast(([word]) => word === keyword)?.slice(1) ?? []
  return {
    servers: lines
      .filter(([word, server]) => word === 'nameserver' && server !== undefined)
      .map(([, server]) => server!),
    // Kubernetes: a final dot, or a lone one, says nothing.
    searches: last('search').filter((search) => search !== '.'),
    options: last('options'),
  }
}

/** How a pod resolves names, by its dnsPolicy and dnsConfig. */
export function podDns(
  pod: Pod,
  cluster: { readonly domain: string; readonly servers: readonly string[] },
  node: DnsSettings,
): DnsSettings {
  const { dnsPolicy = 'ClusterFirst', hostNetwork, dnsConfig } = pod.spec
  const inCluster =
    cluster.servers.length > 0 &&
    (dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && hostNetwork !== true))
  const { domain } = cluster
  const own = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain].filter(() => domain !== '')
  const start: DnsSettings =
    dnsPolicy === 'None'
      ? { servers: [], searches: [], options: [] }
      : inCluster
        ? { servers: cluster.servers, searches: [...own, ...node.searches], options: [ndotsDefault] }
        : node
  const unique = (texts: readonly string[]) => [...new Set(texts)]
  const options = new Map(start.options.map((option) => [option.split(':')[0]!, option]))
  for (const { name = '', value } of dnsConfig?.options ?? [])
    options.set(name, value === undefined || value === '' ? name : `${name}:${value}`)
  return {
    servers: unique([...start.servers, ...(dnsConfig?.nameservers ?? [])]),
    searches: unique([...start.searches, ...(dnsConfig?.searches ?? [])]).slice(0, searchesMax),
    options: [...options.values()],
  }
}
