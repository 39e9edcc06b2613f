import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  identifierErrors,
  pathSegmentErrors,
  qualifiedNameErrors,
} from '../names/names.ts'
import { type FieldError, invalid, tooLong } from '../status/status.ts'

type Check = (field: string, text: string) => readonly FieldError[]

const each =
  (check: (text: string) => readonly string[]): Check =>
  (field, text) =>
    check(text).map((message) => invalid(field, text, message.replace(lengthAsCharacters, '$1 bytes')))
/** Kubernetes: formats count the length of names in bytes, where rules written by hand speak of characters. */
const lengthAsCharacters = /(must be no more than \d+) characters$/

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const uuid: Check = (field, text) =>
  uuidShape.test(text)
    ? []
    : [
        invalid(
          field,
          text,
          'must be a lowercase UUID in 8-4-4-4-12 format, e.g. "123e4567-e89b-12d3-a456-426614174000"',
        ),
      ]

const poolName: Check = (field, text) => {
  const errors: FieldError[] = text.length > 253 ? [tooLong(field, 253)] : []
  text.split('/').forEach((part, index) => {
    if (part === '') errors.push(invalid(field, text, `segment ${index}: must not be empty`))
    else
      for (const message of dns1123SubdomainErrors(part))
        errors.push(invalid(field, part, `segment ${index}: ${message}`))
  })
  return errors
}

const requestsPrefix = 'requests.'
const extendedResourceName: Check = (field, text) => {
  const errors: FieldError[] = []
  if (!text.includes('/')) {
    errors.push(invalid(field, text, "a name must be a domain-prefixed path, such as 'example.com/my-prop'"))
  } else if (text.includes('kubernetes.io/')) {
    errors.push(invalid(field, text, 'must not have "kubernetes.io/" domain'))
  }
  if (text.startsWith(requestsPrefix)) errors.push(invalid(field, text, `must not have "${requestsPrefix}" prefix`))
  // Kubernetes: the name must also do as the name of a quota on it.
  for (const message of qualifiedNameErrors(requestsPrefix + text)) errors.push(invalid(field, text, message))
  return errors
}

const deviceNameMax = 32
const identifier: Check = (field, text) => [
  ...(text.length > deviceNameMax ? [tooLong(field, deviceNameMax)] : []),
  ...identifierErrors(text).map((message) => invalid(field, text, message)),
]
const fullyQualifiedName: Check = (field, text) => {
  const [domain = '', name] = text.split('/')
  if (name === undefined) {
    return text === ''
      ? []
      : [invalid(field, text, 'a fully qualified name must be a domain and a name separated by a slash')]
  }
  const errors: FieldError[] = []
  if (domain === '') errors.push(invalid(field, '', 'prefix must not be empty'))
  else {
    if (domain.length > 63) errors.push(tooLong(field, 63))
    for (const message of dns1123SubdomainErrors(domain)) errors.push(invalid(field, domain, `prefix: ${message}`))
  }
  if (name === '') errors.push(invalid(field, '', 'name must not be empty'))
  else errors.push(...identifier(field, name))
  return errors
}

/** What is wrong with a text of a named format; formats that are not known accept everything. */
export function formatErrors(format: string, field: string, text: string): readonly FieldError[] {
  return formats[format]?.(field, text) ?? []
}

const formats: Readonly<Record<string, Check>> = {
  'k8s-short-name': each(dns1123LabelErrors),
  'k8s-long-name': each(dns1123SubdomainErrors),
  'k8s-long-name-caseless': each((text) => dns1123SubdomainErrors(text.toLowerCase())),
  'k8s-uuid': uuid,
  'k8s-label-key': each(qualifiedNameErrors),
  'k8s-path-segment-name': each((text) => pathSegmentErrors(text)),
  'k8s-resource-pool-name': poolName,
  'k8s-extended-resource-name': extendedResourceName,
  'k8s-resource-fully-qualified-name': fullyQualifiedName,
}
