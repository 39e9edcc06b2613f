import { X509Certificate } from 'node:crypto'
import {
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  required,
  tooMany,
} from '../../../machinery/index.ts'
import type {
  AuthenticationConfiguration,
  ClaimMappings,
  Issuer,
  JwtAuthenticator,
  PrefixedClaim,
} from './configuration.ts'
import { boolType, claimsExpression, type Expression, userExpression } from './expressions.ts'

const authenticatorsMax = 64

/** The expressions of an authenticator, compiled. */
export interface CompiledMappings {
  readonly username?: Expression
  readonly groups?: Expression
  readonly uid?: Expression
  readonly extra: readonly { readonly key: string; readonly expression: Expression }[]
  readonly claimRules: readonly { readonly expression: Expression; readonly message: string }[]
  readonly userRules: readonly { readonly expression: Expression; readonly message: string }[]
}

/** All that is wrong with a configuration, in Kubernetes' words; with nothing wrong, its compiled expressions. */
export function checkAuthentication(
  { jwt = [], anonymous }: AuthenticationConfiguration,
  disallowedIssuers: readonly string[],
): { readonly errors: readonly FieldError[]; readonly compiled: readonly CompiledMappings[] } {
  if (jwt.length > authenticatorsMax) return { errors: [tooMany('jwt', jwt.length, authenticatorsMax)], compiled: [] }
  const errors: FieldError[] = []
  const compiled = jwt.map((one, index) => {
    const at = `jwt[${index}]`
    const mappings = checkAuthenticator(one, at, disallowedIssuers, errors)
    for (const name of ['url', 'discoveryURL'] as const) {
      const value = one.issuer?.[name] ?? ''
      const isRepeated = jwt.findIndex(({ issuer }) => (issuer?.[name] ?? '') === value) < index
      if (isRepeated && (name === 'url' || value !== '')) errors.push(duplicate(`${at}.issuer.${name}`, value))
    }
    return mappings
  })
  const conditions = anonymous?.conditions ?? []
  if (anonymous !== undefined && anonymous.enabled !== true && conditions.length > 0)
    errors.push(
      invalid('anonymous.conditions', conditions, 'enabled should be set to true when conditions are defined'),
    )
  return { errors, compiled }
}

/** Kubernetes: who may come without credentials cannot be changed while the server runs. */
export const anonymousChanged: FieldError = forbiddenField('anonymous', 'changed from initial configuration file')

function checkAuthenticator(
  { issuer = {}, claimValidationRules = [], claimMappings = {}, userValidationRules = [] }: JwtAuthenticator,
  at: string,
  disallowed: readonly string[],
  errors: FieldError[],
): CompiledMappings {
  checkIssuer(issuer, `${at}.issuer`, disallowed, errors)
  const claimRules = claimRulesOf(claimValidationRules, `${at}.claimValidationRules`, errors)
  const mappings = mappingsOf(claimMappings, `${at}.claimMappings`, claimRules, errors)
  const seen = new Set<string>()
  const userRules = userValidationRules.flatMap(({ expression = '', message = '' }, index) => {
    const field = `${at}.userValidationRules[${index}].expression`
    if (expression === '') errors.push(required(field))
    else if (seen.has(expression)) errors.push(duplicate(field, expression))
    else {
      seen.add(expression)
      const made = noted(userExpression(expression), field, expression, errors)
      if (made !== undefined) return [{ expression: made, message }]
    }
    return []
  })
  return { ...mappings, claimRules, userRules }
}

function noted(
  made: Expression | { readonly problem: string },
  field: string,
  source: string,
  errors: FieldError[],
): Expression | undefined {
  if (!('problem' in made)) return made
  errors.push(invalid(field, source, made.problem))
  return undefined
}

function checkIssuer(issuer: Issuer, at: string, disallowed: readonly string[], errors: FieldError[]): void {
  const { url = '', discoveryURL = '', certificateAuthority = '', audiences = [], egressSelectorType = '' } = issuer
  const policy = issuer.audienceMatchPolicy ?? ''
  if (url === '') errors.push(required(`${at}.url`))
  else errors.push(...urlErrors(url, `${at}.url`, disallowed))
  if (discoveryURL !== '') {
    const bare = (one: string) => one.replace(/\/+$/, '')
    if (url !== '' && bare(url) === bare(discoveryURL))
      errors.push(invalid(`${at}.discoveryURL`, discoveryURL, 'discoveryURL must be different from URL'))
    errors.push(...urlErrors(discoveryURL, `${at}.discoveryURL`, []))
  }
  if (audiences.length === 0) errors.push(required(`${at}.audiences`, `at least one ${at}.audiences is required`))
  for (const [index, audience] of audiences.entries()) {
    if (audience === '') errors.push(required(`${at}.audiences[${index}]`))
    if (audiences.indexOf(audience) < index) errors.push(duplicate(`${at}.audiences[${index}]`, audience))
  }
  const field = `${at}.audienceMatchPolicy`
  if (audiences.length > 1 && policy !== 'MatchAny')
    errors.push(invalid(field, policy, 'audienceMatchPolicy must be MatchAny for multiple audiences'))
  if (audiences.length === 1 && policy !== '' && policy !== 'MatchAny')
    errors.push(invalid(field, policy, 'audienceMatchPolicy must be empty or MatchAny for single audience'))
  if (certificateAuthority !== '') {
    const problem = authorityProblem(certificateAuthority)
    if (problem !== undefined) errors.push(invalid(`${at}.certificateAuthority`, '<omitted>', problem))
  }
  if (egressSelectorType !== '' && egressSelectorType !== 'controlplane' && egressSelectorType !== 'cluster')
    errors.push(
      invalid(`${at}.egressSelectorType`, egressSelectorType, 'egress selector must be either controlplane or cluster'),
    )
}

function urlErrors(url: string, at: string, disallowed: readonly string[]): readonly FieldError[] {
  const errors: FieldError[] = []
  if (disallowed.includes(url))
    errors.push(invalid(at, url, `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`))
  if (url.startsWith(':')) return [...errors, invalid(at, url, `parse ${JSON.stringify(url)}: missing protocol scheme`)]
  const [, scheme = '', authority = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?/.exec(url) ?? []
  const [beforeFragment = '', fragment = ''] = url.split(/#(.*)/s)
  const port = /:([^:\]]*)$/.exec(authority.replace(/^.*@/, ''))?.[1] ?? ''
  if (!/^\d*$/.test(port))
    return [...errors, invalid(at, url, `parse ${JSON.stringify(url)}: invalid port ":${port}" after host`)]
  if (scheme.toLowerCase() !== 'https') errors.push(invalid(at, url, 'URL scheme must be https'))
  if (authority.includes('@')) errors.push(invalid(at, url, 'URL must not contain a username or password'))
  if (/\?./s.test(beforeFragment)) errors.push(invalid(at, url, 'URL must not contain a query'))
  if (fragment !== '') errors.push(invalid(at, url, 'URL must not contain a fragment'))
  return errors
}

function authorityProblem(pem: string): string | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) return 'data does not contain any valid RSA or ECDSA certificates'
  try {
    for (const block of blocks) new X509Certificate(block)
    return undefined
  } catch {
    return 'x509: malformed certificate'
  }
}

function claimRulesOf(
  rules: NonNullable<JwtAuthenticator['claimValidationRules']>,
  at: string,
  errors: FieldError[],
): CompiledMappings['claimRules'] {
  const [claims, expressions] = [new Set<string>(), new Set<string>()]
  return rules.flatMap(({ claim = '', requiredValue = '', expression = '', message = '' }, index) => {
    const one = `${at}[${index}]`
    if (claim !== '' && expression !== '') errors.push(invalid(one, claim, "claim and expression can't both be set"))
    else if (claim === '' && expression === '') errors.push(required(one, 'claim or expression is required'))
    else if (claim !== '') {
      if (message !== '') errors.push(invalid(`${one}.message`, message, 'may not be specified when claim is set'))
      if (claims.has(claim)) errors.push(duplicate(`${one}.claim`, claim))
      claims.add(claim)
    } else {
      const field = `${one}.expression`
      if (requiredValue !== '')
        errors.push(invalid(`${one}.requiredValue`, requiredValue, 'may not be specified when expression is set'))
      if (expressions.has(expression)) errors.push(duplicate(field, expression))
      else {
        expressions.add(expression)
        const made = noted(claimsExpression(expression, boolType), field, expression, errors)
        if (made !== undefined) return [{ expression: made, message }]
      }
    }
    return []
  })
}

function mappingsOf(
  { username = {}, groups = {}, uid = {}, extra = [] }: ClaimMappings,
  at: string,
  claimRules: CompiledMappings['claimRules'],
  errors: FieldError[],
): Pick<CompiledMappings, 'username' | 'groups' | 'uid' | 'extra'> {
  const ofName = prefixedOf(username, `${at}.username`, true, errors)
  const ofGroups = prefixedOf(groups, `${at}.groups`, false, errors)
  let ofUid: Expression | undefined
  if ((uid.claim ?? '') !== '' && (uid.expression ?? '') !== '')
    errors.push(invalid(`${at}.uid`, '', "claim and expression can't both be set"))
  else if ((uid.expression ?? '') !== '')
    ofUid = noted(claimsExpression(uid.expression!), `${at}.uid.expression`, uid.expression!, errors)
  const more = extraOf(extra, `${at}.extra`, errors)
  const all = [...(ofName === undefined ? [] : [ofName]), ...[...more, ...claimRules].map((one) => one.expression)]
  // Kubernetes: an address that its owner has not proved must not become a name unnoticed.
  if (ofName?.selections.has('claims.email') && !all.some((one) => one.selections.has('claims.email_verified')))
    errors.push(
      invalid(
        `${at}.username.expression`,
        username.expression,
        'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
      ),
    )
  return {
    ...(ofName === undefined ? {} : { username: ofName }),
    ...(ofGroups === undefined ? {} : { groups: ofGroups }),
    ...(ofUid === undefined ? {} : { uid: ofUid }),
    extra: more,
  }
}

function prefixedOf(
  { claim = '', prefix, expression = '' }: PrefixedClaim,
  at: string,
  isRequired: boolean,
  errors: FieldError[],
): Expression | undefined {
  if (claim !== '' && expression !== '') errors.push(invalid(at, '', "claim and expression can't both be set"))
  else if (claim === '' && expression === '') {
    if (isRequired) errors.push(required(at, 'claim or expression is required'))
  } else if (expression !== '') {
    if (prefix !== undefined)
      errors.push(invalid(`${at}.prefix`, prefix, 'may not be specified when expression is set'))
    return noted(claimsExpression(expression), `${at}.expression`, expression, errors)
  } else if (prefix === undefined)
    errors.push(
      required(
        `${at}.prefix`,
        'prefix is required when claim is set. It can be set to an empty string to disable prefixing',
      ),
    )
  return undefined
}

function extraOf(
  extra: NonNullable<ClaimMappings['extra']>,
  at: string,
  errors: FieldError[],
): CompiledMappings['extra'] {
  const seen = new Set<string>()
  return extra.flatMap(({ key = '', valueExpression = '' }, index) => {
    const field = `${at}[${index}].key`
    errors.push(...keyErrors(key, field))
    if (seen.has(key)) {
      errors.push(duplicate(field, key))
      return []
    }
    seen.add(key)
    const at_ = `${at}[${index}].valueExpression`
    if (valueExpression === '') errors.push(required(at_))
    else {
      const made = noted(claimsExpression(valueExpression), at_, valueExpression, errors)
      if (made !== undefined) return [{ key, expression: made }]
    }
    return []
  })
}

function keyErrors(key: string, field: string): readonly FieldError[] {
  const slash = key.indexOf('/')
  const [host, path] = [key.slice(0, Math.max(slash, 0)), key.slice(slash + 1)]
  const errors: FieldError[] = []
  if (key === '') errors.push(required(field))
  else if (slash <= 0 || path === '')
    errors.push(invalid(field, key, 'must be a domain-prefixed path (such as "acme.io/foo")'))
  else {
    errors.push(...dns1123SubdomainErrors(host).map((words) => invalid(field, host, words)))
    if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path))
      errors.push(
        invalid(field, path, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"),
      )
  }
  if (key !== key.toLowerCase()) errors.push(invalid(field, key, 'must be lowercase'))
  if (['k8s.io', 'kubernetes.io'].some((one) => host === one || host.endsWith(`.${one}`)))
    errors.push(invalid(field, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'))
  return errors
}
