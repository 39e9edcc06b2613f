import {
  createDecoder,
  createSchema,
  DecodeError,
  type FieldError,
  parseYaml,
  YamlError,
} from '../../machinery/index.ts'

const row = {
  text: (name: string, more: object = {}) => [name, 0, 'string', 1, 8, more],
  texts: (name: string) => [name, 0, 'string', 1, 9],
  pointer: (name: string) => [name, 0, 'string', 1, 12],
  truth: (name: string, pointer = false) => [name, 0, 'boolean', 3, pointer ? 12 : 8],
  one: (name: string, type: string) => [name, 0, `0:${type}`, 7, 8],
  many: (name: string, type: string) => [name, 0, `0:${type}`, 7, 9],
}
const typeMeta = [row.text('apiVersion'), row.text('kind')]
const rows: Readonly<Record<string, readonly unknown[]>> = {
  AuthenticationConfiguration: [
    ...typeMeta,
    row.many('jwt', 'JWTAuthenticator'),
    [...row.one('anonymous', 'AnonymousAuthConfig').slice(0, 4), 12],
  ],
  AnonymousAuthConfig: [row.truth('enabled'), row.many('conditions', 'AnonymousAuthCondition')],
  AnonymousAuthCondition: [row.text('path')],
  JWTAuthenticator: [
    row.one('issuer', 'Issuer'),
    row.many('claimValidationRules', 'ClaimValidationRule'),
    row.one('claimMappings', 'ClaimMappings'),
    row.many('userValidationRules', 'UserValidationRule'),
  ],
  Issuer: [
    ...[row.text('url'), row.pointer('discoveryURL'), row.text('certificateAuthority'), row.texts('audiences')],
    row.text('audienceMatchPolicy', { named: 'v1.AudienceMatchPolicyType' }),
    row.text('egressSelectorType', { named: 'v1.EgressSelectorType' }),
  ],
  ClaimValidationRule: [row.text('claim'), row.text('requiredValue'), row.text('expression'), row.text('message')],
  ClaimMappings: [
    row.one('username', 'PrefixedClaimOrExpression'),
    row.one('groups', 'PrefixedClaimOrExpression'),
    row.one('uid', 'ClaimOrExpression'),
    row.many('extra', 'ExtraMapping'),
  ],
  PrefixedClaimOrExpression: [row.text('claim'), row.pointer('prefix'), row.text('expression')],
  ClaimOrExpression: [row.text('claim'), row.text('expression')],
  ExtraMapping: [row.text('key'), row.text('valueExpression')],
  UserValidationRule: [row.text('expression'), row.text('message')],
  AuthorizationConfiguration: [...typeMeta, row.many('authorizers', 'AuthorizerConfiguration')],
  AuthorizerConfiguration: [
    ...[row.text('type'), row.text('name')],
    [...row.one('webhook', 'WebhookConfiguration').slice(0, 4), 12],
  ],
  WebhookConfiguration: [
    ...[row.text('authorizedTTL'), row.truth('cacheAuthorizedRequests', true), row.text('unauthorizedTTL')],
    ...[row.truth('cacheUnauthorizedRequests', true), row.text('timeout'), row.text('subjectAccessReviewVersion')],
    ...[row.text('matchConditionSubjectAccessReviewVersion'), row.text('failurePolicy')],
    ...[row.one('connectionInfo', 'WebhookConnectionInfo'), row.many('matchConditions', 'WebhookMatchCondition')],
  ],
  WebhookConnectionInfo: [row.text('type'), row.pointer('kubeConfigFile')],
  WebhookMatchCondition: [row.text('expression')],
}
const group = 'apiserver.config.k8s.io'
const packageName = 'io.k8s.apiserver.pkg.apis.apiserver.v1'
const decoder = createDecoder(
  createSchema({
    packages: [packageName],
    types: Object.fromEntries(
      Object.entries(rows).map(([name, fields]) => [`0:${name}`, JSON.stringify([{}, ...fields])]),
    ),
  }),
)
const versions = ['v1', 'v1beta1', 'v1alpha1']

/** The kinds of files that configure the API server while it runs. */
export type ConfiguredKind = 'AuthenticationConfiguration' | 'AuthorizationConfiguration'

/** A configuration that cannot be used; the message is Kubernetes'. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError'
}

/** Decodes a file of the kind, strictly. Throws a ConfigurationError. */
export function decodeConfigured(kind: ConfiguredKind, text: string): any {
  if (text.trim() === '') throw new ConfigurationError('empty config data')
  try {
    const { value, duplicates } = parseYaml(text)
    const given = (value ?? {}) as { readonly apiVersion?: unknown; readonly kind?: unknown }
    if (typeof given.kind !== 'string' || given.kind === '')
      throw new ConfigurationError(`Object 'Kind' is missing in '${text}'`)
    if (typeof given.apiVersion !== 'string' || given.apiVersion === '')
      throw new ConfigurationError(`Object 'apiVersion' is missing in '${text}'`)
    if (given.kind !== kind || !versions.some((version) => given.apiVersion === `${group}/${version}`))
      throw new ConfigurationError(
        `no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(given.apiVersion)}`,
      )
    const { object, findings } = decoder.decode(`${packageName}.${kind}`, value)
    const problems = [...duplicates.map((one) => `yaml: unmarshal errors:\n  ${one}`), ...findings]
    if (problems.length > 0) throw new ConfigurationError(`strict decoding error: ${problems.join(', ')}`)
    return object
  } catch (error) {
    if (error instanceof DecodeError || error instanceof YamlError)
      throw new ConfigurationError(error.message, { cause: error })
    throw error
  }
}

/** Kubernetes: several errors as one text. */
export function aggregateText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}
