import type { FeatureChoice, OidcOptions, PodSecurityConfiguration } from '../../apiserver/index.ts'
import type { AdmissionFlags } from './admission.ts'
import type { AuditChoices } from './audit.ts'
import type { ComponentChoices } from './components.ts'
import type { EgressChoice } from './egress.ts'
import type { AutoscalerChoice, NodeGroupTemplate } from './node-groups.ts'
import type { TracingChoice } from './tracing.ts'

/** The parts of a cluster that may be left out, so that somebody else's can take their place. */
export const optionalParts = ['scheduler', 'controllers', 'kubelet', 'proxy', 'dns'] as const
export type OptionalPart = (typeof optionalParts)[number]

/** One simulated node as the configuration file describes it; `count` of them are made. */
export interface NodeTemplate {
  readonly count?: number
  readonly cpu?: string
  readonly memory?: string
  readonly pods?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  readonly zone?: string
}

/** Everything about a cluster that is decided once and remembered in its data directory. */
export interface ClusterSettings {
  readonly name: string
  readonly dataDirectory: string
  /** The machine's images, which its nodes pull from; left out, they know registries alone. */
  readonly imagesDirectory?: string
  readonly port: number
  readonly nodes: number
  readonly runtime: 'containerd' | 'simulated'
  readonly without: readonly OptionalPart[]
  readonly nodeTemplates: readonly NodeTemplate[]
  /** Groups of simulated nodes that grow and shrink, and what that goes by. */
  readonly nodeGroups?: readonly NodeGroupTemplate[]
  readonly autoscaler?: AutoscalerChoice
  /** The cloud whose instances the nodes are, and where it keeps everything; none when left out. */
  readonly cloud?: { readonly name: string; readonly directory: string }
  readonly nodeName: string
  readonly network: ClusterNetwork
  /** What configuration files chose for the kubelet, the proxy and the scheduler. */
  readonly components?: ComponentChoices
  /** Servers outside that are asked whose tokens are and what they may, as kubeconfigs name them. */
  readonly reviewers?: Reviewers
  /** What pods may do where their namespace does not say, and who is exempt. */
  readonly podSecurity?: PodSecurityConfiguration
  /** Which admission plugins take part where not by default, and the file that says what they go by. */
  readonly admission?: AdmissionFlags
  /** The file that says whose tokens are believed; followed while the cluster runs. */
  readonly authenticationConfig?: string
  /** The file that says who is asked about rights, in order; followed while the cluster runs. */
  readonly authorizationConfig?: string
  /** The file that says how values are encrypted, and whether it is followed while the cluster runs. */
  readonly encryptionConfig?: string
  readonly encryptionReload?: boolean
  /** What `--oidc-…` flags say, where there is no such file. */
  readonly oidc?: OidcSettings
  /** How many requests are served at once, and how long the server stays when it is told to go. */
  readonly serving?: ServingChoice
  /** Where spans of requests go, and how many are made. */
  readonly tracing?: TracingChoice
  /** The proxies that the API server goes through; it reaches everything directly when left out. */
  readonly egress?: EgressChoice
  /** Which features are on and which APIs are served, where not by default. */
  readonly features?: FeatureChoice
  /** What is written down of requests; nothing is when left out. */
  readonly audit?: AuditChoices
  readonly logFormat: 'text' | 'json'
  readonly verbosity: number
}
/** What kube-apiserver's `--oidc-…` flags say; the authority is in a file. */
export interface OidcSettings extends Omit<OidcOptions, 'certificateAuthority'> {
  readonly caFile?: string
}
/** What kube-apiserver's flags of the same names are for; its defaults where left out. */
export interface ServingChoice {
  readonly maxRequestsInflight?: number
  readonly maxMutatingRequestsInflight?: number
  readonly shutdownDelayDuration?: string
}
/** Who is asked about tokens and rights besides the cluster itself. */
export interface Reviewers {
  readonly authentication?: string
  readonly authorization?: string
}
/** Addresses and names on the machine that no two clusters may share. */
export interface ClusterNetwork {
  /** 0 for the first cluster of the machine, and so on. */
  readonly index: number
  readonly podCidr: string
  readonly serviceCidr: string
  readonly dnsAddress: string
  readonly clusterDomain: string
  readonly bridge: string
  readonly nftTable: string
  readonly kubeletPort: number
  readonly nodePorts: { readonly from: number; readonly to: number }
}

export const clusterDomain = 'cluster.local'
/** Clusters that fit on one machine: as many service ranges as lie between 10.96.0.0 and the pods' ranges. */
export const clustersMax = 8

/** The network of the machine's cluster number `index`: the first has the ranges kubeadm and kind use. */
export function networkOf(index: number): ClusterNetwork {
  const second = 96 + 16 * index
  return {
    index,
    podCidr: `10.${244 + index}.0.0/16`,
    serviceCidr: `10.${second}.0.0/12`,
    dnsAddress: `10.${second}.0.10`,
    clusterDomain,
    bridge: `cox${index}`,
    nftTable: index === 0 ? 'coxswain' : `coxswain-${index}`,
    kubeletPort: 10250 + index * 10,
    nodePorts: { from: 30000, to: 32767 },
  }
}

/** The addresses of the machine's nodes among themselves: `.1` is the machine, then each node by its number. */
export function nodeCidrOf(index: number): string {
  return `10.252.${index}.0/24`
}
/** Nodes with real containers that have addresses on one machine. */
export const containerNodesMax = 250

/** Nodes that a /16 has ranges for. */
const nodesOfSixteen = 256
/** The pods' range of simulated nodes: nothing is routed, so that a large fleet may have half of 10.0.0.0/8. */
export function simulatedPodCidr(podCidr: string, nodes: number): string {
  return nodes > nodesOfSixteen ? '10.128.0.0/9' : podCidr
}

/** Empty when the text is a DNS label, else what is wrong with it. */
export function clusterNameProblem(name: string): string {
  if (name.length <= 40 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return ''
  return `the cluster name ${JSON.stringify(name)} is not a DNS label: use at most 40 lower-case letters, digits and '-', beginning and ending with a letter or digit`
}

/** What is wished for so that the nodes are in no cloud. */
export const noCloud = 'none'

/** Empty when a cloud may have the name, else what is wrong with it. */
export function cloudNameProblem(name: string): string {
  if (name === noCloud) return `no cloud is named ${noCloud}`
  return name.length <= 40 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)
    ? ''
    : `the cloud's name ${JSON.stringify(name)} is not a DNS label of at most 40 characters`
}
