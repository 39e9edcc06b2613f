import {
  bytesOfBase64,
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  invalid,
  notSupported,
  pathSegmentErrors,
  portNumberErrors,
  required,
} from '../../machinery/index.ts'
import type { APIService } from '../generated/types.ts'
import { complaints, type NameCheck } from '../validation/object-meta.ts'

/** Names of APIServices: `v1.` is one, so they are path segments rather than domains. */
export const apiServiceName: NameCheck = (name) => pathSegmentErrors(name)

/** What is wrong with an APIService besides its metadata. */
export function apiServiceErrors({ metadata, spec }: APIService): readonly FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = spec
  const errors: FieldError[] = []
  const wanted = `${version}.${group}`
  if (metadata.name !== undefined && metadata.name !== wanted) {
    const why = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`
    errors.push(invalid('metadata.name', metadata.name, why))
  }
  if (group === '' && version !== 'v1')
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'))
  if (group !== '') errors.push(...complaints('spec.group', group, dns1123SubdomainErrors(group)))
  errors.push(...complaints('spec.version', version, dns1035LabelErrors(version)))
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20000)
    errors.push(invalid('spec.groupPriorityMinimum', groupPriorityMinimum, 'must be positive and less than 20000'))
  if (versionPriority <= 0 || versionPriority > 1000)
    errors.push(invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000'))
  return [...errors, ...(service === undefined ? localErrors(spec) : remoteErrors(spec, service))]
}

function localErrors({ caBundle = '', insecureSkipTLSVerify }: APIService['spec']): readonly FieldError[] {
  const errors: FieldError[] = []
  if (caBundle !== '') {
    const size = `${bytesOfBase64(caBundle).length} bytes`
    errors.push(invalid('spec.caBundle', size, 'local APIServices may not have a caBundle'))
  }
  if (insecureSkipTLSVerify === true)
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'))
  return errors
}

function remoteErrors(
  { caBundle = '', insecureSkipTLSVerify }: APIService['spec'],
  { namespace = '', name = '', port = 443 }: NonNullable<APIService['spec']['service']>,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (namespace === '') errors.push(required('spec.service.namespace'))
  if (name === '') errors.push(required('spec.service.name'))
  const words = portNumberErrors(port)
  if (words.length > 0) errors.push(invalid('spec.service.port', port, `port is not valid: ${words.join(', ')}`))
  if (insecureSkipTLSVerify === true && caBundle !== '')
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'))
  return errors
}

const conditionStates = ['True', 'False', 'Unknown']
/** What is wrong with a change of an APIService's status. */
export function apiServiceStatusErrors({ status }: APIService): readonly FieldError[] {
  return (status?.conditions ?? []).flatMap(({ status: state }, index) =>
    conditionStates.includes(state)
      ? []
      : [notSupported(`status.conditions[${index}].status`, state ?? '', conditionStates)],
  )
}
