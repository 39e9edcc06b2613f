import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  labelSelectorErrors,
  notSupported,
  pathSegmentErrors,
  required,
} from '../../machinery/index.ts'
import type {
  MatchResources,
  MutatingAdmissionPolicyBinding,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicyBinding,
} from '../generated/types.ts'
import { complaints } from '../validation/object-meta.ts'

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const mutatingOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE']

/** What is wrong with a rule that says which requests a webhook or policy is about. */
export function admissionRuleErrors(rule: NamedRuleWithOperations, at: string): readonly FieldError[] {
  const { apiGroups = [], apiVersions = [], resources = [], scope } = rule
  const errors: FieldError[] = []
  const alone = (field: string, list: readonly string[], what: string) => {
    if (list.length > 1 && list.includes('*'))
      errors.push(invalid(`${at}.${field}`, list, `if '*' is present, must not specify other ${what}`))
  }
  const names = rule.resourceNames ?? []
  for (const [index, name] of names.entries()) {
    const field = `${at}.resourceNames[${index}]`
    errors.push(...complaints(field, name, pathSegmentErrors(name)))
    if (names.indexOf(name) < index) errors.push(duplicate(field, name))
  }
  const wanted: readonly string[] = rule.operations ?? []
  if (wanted.length === 0) errors.push(required(`${at}.operations`))
  alone('operations', wanted, 'operations')
  for (const [index, one] of wanted.entries())
    if (!operations.includes(one)) errors.push(notSupported(`${at}.operations[${index}]`, one, operations))
  if (apiGroups.length === 0) errors.push(required(`${at}.apiGroups`))
  alone('apiGroups', apiGroups, 'API groups')
  if (apiVersions.length === 0) errors.push(required(`${at}.apiVersions`))
  alone('apiVersions', apiVersions, 'API versions')
  for (const [index, version] of apiVersions.entries())
    if (version === '') errors.push(required(`${at}.apiVersions[${index}]`))
  errors.push(...resourceErrors(resources, `${at}.resources`))
  const scopes = ['*', 'Cluster', 'Namespaced']
  if (scope !== undefined && !scopes.includes(scope)) errors.push(notSupported(`${at}.scope`, scope, scopes))
  return errors
}

function resourceErrors(resources: readonly string[], at: string): readonly FieldError[] {
  if (resources.length === 0) return [required(at)]
  const errors: FieldError[] = []
  const wholes = new Set<string>()
  for (const [index, text] of resources.entries()) {
    const field = `${at}[${index}]`
    if (text === '') errors.push(required(field))
    const slash = text.indexOf('/')
    if (slash < 0) continue
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)]
    for (const whole of [`${resource}/*`, `*/${subresource}`])
      if (wholes.has(whole)) errors.push(invalid(field, text, `if '${whole}' is present, must not specify ${text}`))
    if (resource === '*' || subresource === '*') wholes.add(text)
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(at, resources, "if '*/*' is present, must not specify other resources"))
  if (resources.includes('*') && resources.some((one) => one !== '*' && one !== '' && !one.includes('/')))
    errors.push(invalid(at, resources, "if '*' is present, must not specify other resources without subresources"))
  return errors
}

/** What is wrong with the description of the requests a policy or binding is about. */
export function matchResourcesErrors(
  match: MatchResources,
  at: string,
  { mutating }: { readonly mutating: boolean },
): readonly FieldError[] {
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match
  const errors: FieldError[] = []
  const policies = ['Equivalent', 'Exact']
  if (matchPolicy === undefined) errors.push(required(`${at}.matchPolicy`))
  else if (!policies.includes(matchPolicy)) errors.push(notSupported(`${at}.matchPolicy`, matchPolicy, policies))
  for (const [name, selector] of Object.entries({ namespaceSelector, objectSelector })) {
    if (selector === undefined) errors.push(required(`${at}.${name}`))
    else errors.push(...labelSelectorErrors(selector, `${at}.${name}`))
  }
  for (const [index, rule] of resourceRules.entries())
    errors.push(...admissionRuleErrors(rule, `${at}.resourceRules[${index}]`))
  for (const [index, rule] of excludeResourceRules.entries())
    errors.push(...admissionRuleErrors(rule, `${at}.excludeResourceRules[${index}]`))
  // Kubernetes: there is nothing to change in what is being deleted.
  for (const operation of mutating ? resourceRules.flatMap((rule) => rule.operations ?? []) : [])
    if (!mutatingOperations.includes(operation))
      errors.push(notSupported(`${at}.resourceRules.operations`, operation, mutatingOperations))
  return errors
}

/** What is wrong with the kind of a policy's parameters. */
export function paramKindErrors({ apiVersion = '', kind = '' }: ParamKind, at: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const field = `${at}.apiVersion`
  const parts = apiVersion.split('/')
  const version = parts.at(-1) ?? ''
  const group = parts.length === 2 ? parts[0]! : ''
  if (apiVersion === '') errors.push(required(field))
  else if (parts.length > 2) errors.push(invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  else {
    const joined = (value: string, words: readonly string[]) =>
      words.length === 0 ? [] : [invalid(field, value, words.join(','))]
    if (group !== '') errors.push(...joined(group, dns1123SubdomainErrors(group)))
    if (version === '') errors.push(invalid(field, apiVersion, 'version must be specified'))
    else errors.push(...joined(version, dns1035LabelErrors(version)))
  }
  const words = dns1035LabelErrors(kind.toLowerCase())
  if (kind === '') errors.push(required(`${at}.kind`))
  else if (words.length > 0)
    errors.push(invalid(`${at}.kind`, kind, `may have mixed case, but should otherwise match: ${words.join(',')}`))
  return errors
}

function paramRefErrors(reference: ParamRef, at: string): readonly FieldError[] {
  const { name = '', selector, parameterNotFoundAction: action } = reference
  const errors: FieldError[] = []
  const both = name !== '' && selector !== undefined
  if (name !== '') errors.push(...complaints(`${at}.name`, name, pathSegmentErrors(name)))
  if (both) errors.push(forbiddenField(`${at}.name`, 'name and selector are mutually exclusive'))
  if (selector !== undefined) errors.push(...labelSelectorErrors(selector, `${at}.selector`))
  if (both) errors.push(forbiddenField(`${at}.selector`, 'name and selector are mutually exclusive'))
  if (name === '' && selector === undefined) errors.push(required(at, 'one of name or selector must be specified'))
  if (!action) errors.push(required(`${at}.parameterNotFoundAction`))
  else if (action !== 'Deny' && action !== 'Allow')
    errors.push({
      // Kubernetes: these stand as they come, not in alphabetical order.
      ...notSupported(`${at}.parameterNotFoundAction`, action, []),
      message: `Unsupported value: ${JSON.stringify(action)}: supported values: "Deny", "Allow"`,
    })
  return errors
}

function bindingErrors(
  spec: MutatingAdmissionPolicyBinding['spec'] & object,
  how: { readonly mutating: boolean },
): readonly FieldError[] {
  const { policyName = '', paramRef, matchResources } = spec
  return [
    ...(policyName === ''
      ? [required('spec.policyName')]
      : complaints('spec.policyName', policyName, dns1123SubdomainErrors(policyName))),
    ...(paramRef === undefined ? [] : paramRefErrors(paramRef, 'spec.paramRef')),
    ...(matchResources === undefined ? [] : matchResourcesErrors(matchResources, 'spec.matchResources', how)),
  ]
}

export function mutatingPolicyBindingErrors({ spec = {} }: MutatingAdmissionPolicyBinding): readonly FieldError[] {
  return bindingErrors(spec, { mutating: true })
}

const actions = ['Audit', 'Deny', 'Warn']

export function validatingPolicyBindingErrors({ spec }: ValidatingAdmissionPolicyBinding): readonly FieldError[] {
  const at = 'spec.validationActions'
  const wanted: readonly string[] = spec?.validationActions ?? []
  const errors = [...bindingErrors(spec ?? {}, { mutating: false })]
  for (const [index, action] of wanted.entries()) {
    if (!actions.includes(action)) errors.push(notSupported(`${at}[${index}]`, action, actions))
    if (wanted.indexOf(action) < index) errors.push(duplicate(`${at}[${index}]`, action))
  }
  if (wanted.includes('Deny') && wanted.includes('Warn')) {
    const why =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
    errors.push(invalid(at, wanted, why))
  }
  if (wanted.length === 0) errors.push(required(at, 'at least one validation action is required'))
  return errors
}
