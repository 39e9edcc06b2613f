import type { PodSecurityConfiguration } from '../../apiserver/index.ts'
import { type PodSecurityStandard, podSecurityPolicyOf } from '../../machinery/index.ts'
import { ConfigError, fieldsOf, listOf, text } from './read-fields.ts'

export const podSecurityKind = 'pod-security.admission.config.k8s.io/v1/PodSecurityConfiguration'

const open: PodSecurityStandard = { level: 'privileged', version: 'latest' }
const labelPrefix = 'pod-security.kubernetes.io/'
const configurationFields = fieldsOf({
  defaults: fieldsOf({
    enforce: text,
    'enforce-version': text,
    audit: text,
    'audit-version': text,
    warn: text,
    'warn-version': text,
  }),
  exemptions: fieldsOf({ usernames: listOf(text), namespaces: listOf(text), runtimeClasses: listOf(text) }),
})

/** Reads the fields of a PodSecurityConfiguration. Throws a ConfigError that names what is wrong. */
export function readPodSecurity(fields: object): PodSecurityConfiguration {
  const { defaults = {}, exemptions = {} } = configurationFields(fields, '')
  // Kubernetes: unlike on a namespace, a warning level that is left out stays the lowest.
  const labels = Object.entries({ warn: 'privileged', ...defaults }).filter(([, value]) => value !== undefined)
  const { policy, errors } = podSecurityPolicyOf(
    Object.fromEntries(labels.map(([key, value]) => [labelPrefix + key, value as string])),
    { enforce: open, audit: open, warn: open },
  )
  const [error] = errors
  if (error !== undefined) {
    const field = error.field.slice(error.field.indexOf('/') + 1, -1)
    throw new ConfigError(`defaults.${field}: ${error.message}`)
  }
  const { usernames = [], namespaces = [], runtimeClasses = [] } = exemptions
  return { defaults: policy, exemptions: { usernames, namespaces, runtimeClasses } }
}
