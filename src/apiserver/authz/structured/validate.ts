import {
  dns1123SubdomainErrors,
  duplicate,
  durationText,
  type FieldError,
  invalid,
  notSupported,
  parseDuration,
  required,
} from '../../../machinery/index.ts'
import { ConfigurationError } from '../../structured/schema.ts'
import { type Condition, compileConditions } from './conditions.ts'

/** `apiserver.config.k8s.io` AuthorizationConfiguration, decoded. */
export interface AuthorizationConfiguration {
  readonly authorizers?: readonly AuthorizerChoice[]
}
interface AuthorizerChoice {
  readonly type?: string
  readonly name?: string
  readonly webhook?: WebhookChoice
}
interface WebhookChoice {
  readonly authorizedTTL?: string
  readonly cacheAuthorizedRequests?: boolean
  readonly unauthorizedTTL?: string
  readonly cacheUnauthorizedRequests?: boolean
  readonly timeout?: string
  readonly subjectAccessReviewVersion?: string
  readonly matchConditionSubjectAccessReviewVersion?: string
  readonly failurePolicy?: string
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string }
  readonly matchConditions?: readonly { readonly expression?: string }[]
}
/** An authorizer that can be made. */
export interface CheckedAuthorizer {
  readonly type: string
  readonly name: string
  readonly webhook?: {
    readonly kubeConfigFile: string
    readonly version: string
    readonly timeoutMs: number
    readonly allowedKeptMs: number
    readonly refusedKeptMs: number
    readonly deniesOnError: boolean
    readonly conditions: readonly Condition[]
  }
}

const knownTypes = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook']
const timeoutMaxMs = 30_000
const defaultAuthorizedMs = 5 * 60_000
const defaultUnauthorizedMs = 30_000

/** All that is wrong with a configuration, in Kubernetes' words; with nothing wrong, what it comes to. */
export function checkAuthorization(
  { authorizers = [] }: AuthorizationConfiguration,
  fileProblem: (path: string) => string | undefined,
): { readonly errors: readonly FieldError[]; readonly checked: readonly CheckedAuthorizer[] } {
  const errors: FieldError[] = []
  if (authorizers.length === 0) errors.push(required('authorizers', 'at least one authorization mode must be defined'))
  const [types, names] = [new Set<string>(), new Set<string>()]
  const checked = authorizers.flatMap(({ type = '', name = '', webhook }, index): readonly CheckedAuthorizer[] => {
    const at = `authorizers[${index}]`
    if (type === '') errors.push(required(`${at}.type`))
    else if (!knownTypes.includes(type)) errors.push(notSupported(`${at}.type`, type, knownTypes))
    else if (types.has(type) && type !== 'Webhook') errors.push(duplicate(`${at}.type`, type))
    else {
      types.add(type)
      const [problem] = dns1123SubdomainErrors(name)
      if (name === '') errors.push(required(`${at}.name`))
      else if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
      else if (problem !== undefined)
        errors.push(
          invalid(`${at}.name`, name, `authorizer name is invalid: ${dns1123SubdomainErrors(name).join(', ')}`),
        )
      names.add(name)
      if (type === 'Webhook' && webhook === undefined)
        errors.push(required(`${at}.webhook`, 'required when type=Webhook'))
      else if (type === 'Webhook') return [{ type, name, webhook: webhookOf(webhook!, at, fileProblem, errors) }]
      else if (webhook !== undefined)
        errors.push(invalid(`${at}.webhook`, 'non-null', 'may only be specified when type=Webhook'))
      return [{ type, name }]
    }
    return []
  })
  return { errors, checked }
}

/** Kubernetes: those that are not webhooks have the name of their type, and must stay while the server runs. Throws a ConfigurationError. */
export function checkNames(checked: readonly CheckedAuthorizer[], before: readonly CheckedAuthorizer[] = []): void {
  const own = checked.filter(({ type }) => type !== 'Webhook')
  const problems = own
    .filter(({ type, name }) => name !== type.toLowerCase())
    .map(({ type, name }) => `expected name ${type.toLowerCase()} for authorizer ${type} instead of ${name}`)
  const missing = before
    .map(({ type }) => type)
    .filter((type) => type !== 'Webhook' && !own.some((one) => one.type === type))
  if (missing.length > 0) problems.push(`missing required types: [${missing.sort().join(' ')}]`)
  if (problems.length === 1) throw new ConfigurationError(problems[0]!)
  if (problems.length > 0) throw new ConfigurationError(`[${problems.join(', ')}]`)
  const late = own.find(
    ({ type }) => type === 'ABAC' || (before.length > 0 && !before.some((one) => one.type === type)),
  )
  if (late !== undefined && late.type !== 'AlwaysAllow' && late.type !== 'AlwaysDeny')
    throw new ConfigurationError(
      `authorizer type ${late.type} is not allowed if it was not enabled at initial server startup`,
    )
}

function webhookOf(
  webhook: WebhookChoice,
  at: string,
  fileProblem: (path: string) => string | undefined,
  errors: FieldError[],
): NonNullable<CheckedAuthorizer['webhook']> {
  const timeoutMs = durationOf(webhook.timeout)
  if (timeoutMs === 0) errors.push(required(`${at}.timeout`))
  else if (timeoutMs > timeoutMaxMs || timeoutMs < 0)
    errors.push(invalid(`${at}.timeout`, durationText(timeoutMs), 'must be > 0s and <= 30s'))
  const ttlOf = (name: 'authorizedTTL' | 'unauthorizedTTL', usual: number) => {
    const ms = durationOf(webhook[name])
    if (ms < 0) errors.push(invalid(`${at}.${name}`, durationText(ms), 'must be > 0s'))
    return ms === 0 ? usual : ms
  }
  const allowedKeptMs = ttlOf('authorizedTTL', defaultAuthorizedMs)
  const refusedKeptMs = ttlOf('unauthorizedTTL', defaultUnauthorizedMs)
  const { subjectAccessReviewVersion: version = '', failurePolicy = '', matchConditions = [] } = webhook
  const conditionVersion = webhook.matchConditionSubjectAccessReviewVersion ?? ''
  if (version === '') errors.push(required(`${at}.subjectAccessReviewVersion`))
  else if (version !== 'v1' && version !== 'v1beta1')
    errors.push(notSupported(`${at}.subjectAccessReviewVersion`, version, ['v1', 'v1beta1']))
  const conditionField = `${at}.matchConditionSubjectAccessReviewVersion`
  if (conditionVersion === '') {
    if (matchConditions.length > 0) errors.push(required(conditionField, 'required if match conditions are specified'))
  } else if (conditionVersion !== 'v1') errors.push(notSupported(conditionField, conditionVersion, ['v1']))
  if (failurePolicy === '') errors.push(required(`${at}.failurePolicy`))
  else if (failurePolicy !== 'NoOpinion' && failurePolicy !== 'Deny')
    errors.push(notSupported(`${at}.failurePolicy`, failurePolicy, ['NoOpinion', 'Deny']))
  const kubeConfigFile = checkConnection(webhook.connectionInfo ?? {}, `${at}.connectionInfo`, fileProblem, errors)
  const { errors: more, conditions } = compileConditions(matchConditions, at)
  errors.push(...more)
  return {
    kubeConfigFile,
    version,
    timeoutMs,
    allowedKeptMs: webhook.cacheAuthorizedRequests === false ? 0 : allowedKeptMs,
    refusedKeptMs: webhook.cacheUnauthorizedRequests === false ? 0 : refusedKeptMs,
    deniesOnError: failurePolicy === 'Deny',
    conditions,
  }
}

function checkConnection(
  { type = '', kubeConfigFile = '' }: NonNullable<WebhookChoice['connectionInfo']>,
  at: string,
  fileProblem: (path: string) => string | undefined,
  errors: FieldError[],
): string {
  const field = `${at}.kubeConfigFile`
  if (type === '') errors.push(required(`${at}.type`))
  else if (type === 'InClusterConfig') {
    if (kubeConfigFile !== '') errors.push(invalid(field, kubeConfigFile, 'can only be set when type=KubeConfigFile'))
    else errors.push(invalid(`${at}.type`, type, 'the API server is not inside the cluster it serves'))
  } else if (type !== 'KubeConfigFile')
    errors.push(notSupported(`${at}.type`, type, ['InClusterConfig', 'KubeConfigFile']))
  else if (kubeConfigFile === '') errors.push(required(field))
  else if (!kubeConfigFile.startsWith('/')) errors.push(invalid(field, kubeConfigFile, 'must be an absolute path'))
  else {
    const problem = fileProblem(kubeConfigFile)
    if (problem !== undefined) errors.push(invalid(field, kubeConfigFile, problem))
  }
  return kubeConfigFile
}

/** A duration in milliseconds; nothing is none. Throws a ConfigurationError. */
function durationOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  try {
    return parseDuration(text)
  } catch (error) {
    throw new ConfigurationError(`time: invalid duration ${JSON.stringify(text)}`, { cause: error })
  }
}
