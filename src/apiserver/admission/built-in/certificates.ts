import { forbidden, kubeApiServerClient, readCertificateRequest, sameJson } from '../../../machinery/index.ts'
import type { Draft } from '../../../resources/index.ts'
import type { Authorizer } from '../../authz/authorize.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

const group = 'certificates.k8s.io'
const requests = 'certificatesigningrequests'
const isAbout = ({ definition, subresource }: Attributes, wanted: string) =>
  definition.group === group && definition.plural === requests && subresource === wanted
const refusal = ({ name }: Attributes, why: string) => forbidden({ group, resource: requests }, name, why)

/** Whether somebody may do something with a signer: with this one, or with all of its domain. */
async function mayWith(
  authorizer: Authorizer,
  { identity }: Attributes,
  verb: 'approve' | 'sign' | 'attest',
  signer: string,
): Promise<boolean> {
  const about = { verb, group, version: '*', resource: 'signers', subresource: '', namespace: '' }
  for (const name of [signer, `${signer.split('/')[0]}/*`])
    if ((await authorizer.decide(identity, { ...about, name })).allowed) return true
  return false
}

/** CertificateApproval: who approves or denies a request must be allowed to for its signer. */
export function certificateApproval(authorizer: () => Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    resources: ['certificates.k8s.io/certificatesigningrequests'],
    async validate(attributes) {
      if (attributes.operation !== 'UPDATE' || !isAbout(attributes, 'approval')) return
      const { signerName } = (attributes.previous as Draft).spec
      if (!(await mayWith(authorizer(), attributes, 'approve', signerName)))
        throw refusal(
          attributes,
          `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`,
        )
    },
  }
}

/** CertificateSigning: who puts a certificate or a failure into a request must be allowed to for its signer. */
export function certificateSigning(authorizer: () => Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    resources: ['certificates.k8s.io/certificatesigningrequests'],
    async validate(attributes) {
      if (attributes.operation !== 'UPDATE' || !isAbout(attributes, 'status')) return
      const { spec, status } = attributes.previous as Draft
      const next = attributes.object.status
      const isSame =
        status?.certificate === next?.certificate && sameJson(status?.conditions ?? [], next?.conditions ?? [])
      if (isSame || (await mayWith(authorizer(), attributes, 'sign', spec.signerName))) return
      throw refusal(
        attributes,
        `user not permitted to sign requests with signerName ${JSON.stringify(spec.signerName)}`,
      )
    },
  }
}

/** CertificateSubjectRestriction: nobody becomes a member of system:masters by a certificate of the API server's signer. */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    resources: ['certificates.k8s.io/certificatesigningrequests'],
    async validate(attributes) {
      const { operation, object } = attributes
      if (operation !== 'CREATE' || !isAbout(attributes, '') || object.spec?.signerName !== kubeApiServerClient) return
      let organizations: readonly string[]
      try {
        organizations = readCertificateRequest(object.spec.request ?? '').organizations
      } catch (error) {
        throw refusal(attributes, `failed to parse CSR: ${(error as Error).message}`)
      }
      if (organizations.includes('system:masters'))
        throw refusal(attributes, `use of ${kubeApiServerClient} signer with system:masters group is not allowed`)
    },
  }
}

/** ClusterTrustBundleAttest: who writes what a signer's certificates are trusted by must be allowed to for the signer. */
export function clusterTrustBundleAttest(authorizer: () => Authorizer): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    resources: ['certificates.k8s.io/clustertrustbundles'],
    async validate(attributes) {
      const { operation, object, previous, name } = attributes
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      const signer: string = object.spec?.signerName ?? ''
      if (signer === '') return
      // Kubernetes: the garbage collector takes finalizers and owners away without being anybody's signer.
      if (previous !== undefined && sameJson(beside(object), beside(previous))) return
      if (await mayWith(authorizer(), attributes, 'attest', signer)) return
      const why = `user not permitted to attest for signerName ${JSON.stringify(signer)}`
      throw forbidden({ group, resource: 'clustertrustbundles' }, name, why)
    },
  }
}

function beside({ metadata, ...rest }: Draft): object {
  const {
    ownerReferences: _owners,
    finalizers: _finalizers,
    managedFields: _fields,
    resourceVersion: _at,
    ...meta
  } = metadata
  return { ...rest, metadata: meta }
}
