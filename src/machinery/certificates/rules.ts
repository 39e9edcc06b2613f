import type { CertificateRequestView } from './request.ts'

/** The signers every cluster has. */
export const kubeApiServerClient = 'kubernetes.io/kube-apiserver-client'
export const kubeApiServerClientKubelet = 'kubernetes.io/kube-apiserver-client-kubelet'
export const kubeletServing = 'kubernetes.io/kubelet-serving'
export const legacyUnknown = 'kubernetes.io/legacy-unknown'

const nodesGroup = 'system:nodes'
const nodePrefix = 'system:node:'

/** Why one of the cluster's signers does not sign a request; undefined when it does, or is not one of them. */
export function signerProblem(
  signer: string,
  request: CertificateRequestView,
  usages: readonly string[],
): string | undefined {
  if (signer === kubeApiServerClient) return clientUsageProblem(usages)
  if (signer === kubeApiServerClientKubelet) return kubeletClientProblem(request, usages)
  return signer === kubeletServing ? kubeletServingProblem(request, usages) : undefined
}

function clientUsageProblem(usages: readonly string[]): string | undefined {
  const allowed = ['digital signature', 'key encipherment', 'client auth']
  const other = usages.find((one) => !allowed.includes(one))
  if (other !== undefined) return `invalid usage for client certificate: ${other}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

/** Why a request is not one by which a kubelet becomes a client of the API server. */
export function kubeletClientProblem(request: CertificateRequestView, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!request.commonName.startsWith(nodePrefix)) return 'subject common name does not begin with system:node:'
  return usageProblem(usages, ['client auth', 'digital signature', 'key encipherment'])
}

function kubeletServingProblem(request: CertificateRequestView, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length + request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  return (
    usageProblem(usages, ['digital signature', 'key encipherment', 'server auth']) ??
    (request.commonName.startsWith(nodePrefix) ? undefined : 'subject common name does not begin with system:node:')
  )
}

const isOfNodes = ({ organizations }: CertificateRequestView) =>
  organizations.length === 1 && organizations[0] === nodesGroup

/** Kubernetes: only RSA keys encipher, so that usage may be left out. */
function usageProblem(usages: readonly string[], wanted: readonly string[]): string | undefined {
  const given = new Set(usages)
  const isSame = (list: readonly string[]) => given.size === list.length && list.every((one) => given.has(one))
  if (isSame(wanted) || isSame(wanted.filter((one) => one !== 'key encipherment'))) return undefined
  return `usages did not match [${wanted.join(' ')}]`
}
