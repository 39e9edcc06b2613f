import { dns1123SubdomainErrors, type FieldError, invalid } from '../../machinery/index.ts'
import type { ClusterTrustBundle } from '../generated/types.ts'
import { immutable } from '../validation/object-meta.ts'
import { signerNameErrors } from './validate.ts'

type Bundle = Pick<ClusterTrustBundle, 'metadata' | 'spec'>

/** What is wrong with a bundle's signer and with what it holds. */
function contentErrors({ spec }: Bundle, previous?: Bundle): readonly FieldError[] {
  const signer = spec?.signerName ?? ''
  const errors: FieldError[] = signer === '' ? [] : [...signerNameErrors(signer)]
  if (previous !== undefined && previous.spec?.trustBundle === spec?.trustBundle) return errors
  // Kubernetes: the bundle itself is not shown.
  if (!(spec?.trustBundle ?? '').includes('-----BEGIN CERTIFICATE-----'))
    errors.push(invalid('spec.trustBundle', '<value omitted>', 'at least one trust anchor must be provided'))
  return errors
}

/** What is wrong with a new bundle. */
export const clusterTrustBundleErrors = (bundle: Bundle): readonly FieldError[] => [
  ...nameErrors(bundle),
  ...contentErrors(bundle),
]

/** What is wrong with a change of one: its signer stays. */
export function clusterTrustBundleUpdateErrors(next: Bundle, previous: Bundle): readonly FieldError[] {
  const [signer, before] = [next.spec?.signerName ?? '', previous.spec?.signerName ?? '']
  return [...contentErrors(next, previous), ...immutable('spec.signerName', signer, before)]
}

/** Kubernetes: the name of a signer's bundle begins with the signer's. */
function nameErrors({ metadata, spec }: Bundle): readonly FieldError[] {
  const { name = '' } = metadata
  const signer = spec?.signerName ?? ''
  return name === '' ? [] : bundleNameErrors(name, signer).map((why) => invalid('metadata.name', name, why))
}

/** What is wrong with the name of a bundle, which a signer's or nobody's is. */
function bundleNameErrors(name: string, signer: string): readonly string[] {
  if (signer === '')
    return name.includes(':')
      ? ['ClusterTrustBundle without signer name must not have ":" in its name']
      : dns1123SubdomainErrors(name)
  const prefix = `${signer.replaceAll('/', ':')}:`
  return name.startsWith(prefix)
    ? dns1123SubdomainErrors(name.slice(prefix.length))
    : [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`]
}

/** What is wrong with the name of a bundle as others refer to it: whose it is stands before the last colon. */
export function bundleReferenceErrors(name: string): readonly string[] {
  const end = name.lastIndexOf(':')
  return bundleNameErrors(name, end < 0 ? '' : name.slice(0, end).replaceAll(':', '/'))
}
