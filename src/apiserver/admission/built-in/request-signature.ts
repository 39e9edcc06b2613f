import { createPublicKey, verify } from 'node:crypto'
import {
  type CertificateRequestView,
  invalid,
  invalidObject,
  readCertificateRequest,
  signatureDigests,
} from '../../../machinery/index.ts'
import type { AdmissionPlugin } from '../admission.ts'

/** Refuses certificate requests that the key they are for has not signed. Kubernetes: a part of their validation. */
export function requestSignature(): AdmissionPlugin {
  return {
    name: 'CertificateRequestSignature',
    resources: ['certificates.k8s.io/certificatesigningrequests'],
    async validate({ operation, definition, subresource, object, name }) {
      const isRequest = definition.group === 'certificates.k8s.io' && definition.plural === 'certificatesigningrequests'
      if (!isRequest || operation !== 'CREATE' || subresource !== '') return
      const why = signatureProblem(readCertificateRequest(object.spec.request))
      if (why !== undefined) throw invalidObject(definition, name, [invalid('spec.request', object.spec.request, why)])
    },
  }
}

function signatureProblem({ algorithm, signed, signature, publicKey }: CertificateRequestView): string | undefined {
  const digest = signatureDigests[algorithm]
  if (digest === undefined) return 'x509: cannot verify signature: algorithm unimplemented'
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    if (verify(digest, signed, key, signature)) return undefined
    return key.asymmetricKeyType === 'rsa' ? 'crypto/rsa: verification error' : 'x509: ECDSA verification failure'
  } catch {
    return 'x509: unsupported elliptic curve'
  }
}
