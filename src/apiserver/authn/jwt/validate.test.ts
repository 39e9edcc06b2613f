import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aggregateText, decodeConfigured } from '../../structured/schema.ts'
import { checkAuthentication } from './validate.ts'

const read = (fields: object, version = 'v1') =>
  decodeConfigured(
    'AuthenticationConfiguration',
    JSON.stringify({
      apiVersion: `apiserver.config.k8s.io/${version}`,
      kind: 'AuthenticationConfiguration',
      ...fields,
    }),
  )
const errorsOf = (fields: object) => {
  const { errors } = checkAuthentication(read(fields), ['https://own'])
  return errors.length === 0 ? '' : aggregateText(errors)
}
const issuer = { url: 'https://a', audiences: ['me'] }
const claimMappings = { username: { claim: 'sub', prefix: '' } }
const jwt = (more: object) => ({ jwt: [{ issuer, claimMappings, ...more }] })

test('a configuration is refused in the words of Kubernetes', () => {
  const cases: readonly (readonly [string, object, string])[] = [
    ['nothing', {}, ''],
    ['what is needed', jwt({}), ''],
    [
      'nothing of an issuer',
      { jwt: [{}] },
      '[jwt[0].issuer.url: Required value, jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required, jwt[0].claimMappings.username: Required value: claim or expression is required]',
    ],
    [
      'another scheme',
      jwt({ issuer: { ...issuer, url: 'http://a' } }),
      'jwt[0].issuer.url: Invalid value: "http://a": URL scheme must be https',
    ],
    [
      'the cluster as issuer',
      jwt({ issuer: { ...issuer, url: 'https://own' } }),
      'jwt[0].issuer.url: Invalid value: "https://own": URL must not overlap with disallowed issuers: [https://own]',
    ],
    [
      'secrets in a URL',
      jwt({ issuer: { ...issuer, url: 'https://u:p@a?q#f' } }),
      '[jwt[0].issuer.url: Invalid value: "https://u:p@a?q#f": URL must not contain a username or password, jwt[0].issuer.url: Invalid value: "https://u:p@a?q#f": URL must not contain a query, jwt[0].issuer.url: Invalid value: "https://u:p@a?q#f": URL must not contain a fragment]',
    ],
    [
      'the same place twice',
      jwt({ issuer: { ...issuer, discoveryURL: 'https://a/' } }),
      'jwt[0].issuer.discoveryURL: Invalid value: "https://a/": discoveryURL must be different from URL',
    ],
    [
      'several audiences without a policy',
      jwt({ issuer: { ...issuer, audiences: ['a', 'a'] } }),
      '[jwt[0].issuer.audiences[1]: Duplicate value: "a", jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences]',
    ],
    [
      'no certificate',
      jwt({ issuer: { ...issuer, certificateAuthority: 'x' } }),
      'jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
    ],
    [
      'an issuer twice',
      {
        jwt: [
          { issuer, claimMappings },
          { issuer, claimMappings },
        ],
      },
      'jwt[1].issuer.url: Duplicate value: "https://a"',
    ],
    [
      'a claim without a prefix',
      jwt({ claimMappings: { username: { claim: 'sub' } } }),
      'jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing',
    ],
    [
      'an address nobody proved',
      jwt({ claimMappings: { username: { expression: 'claims.email' } } }),
      'jwt[0].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
    ],
    [
      'an address proved by a rule',
      jwt({
        claimMappings: { username: { expression: 'claims.email' } },
        claimValidationRules: [{ expression: 'claims.?email_verified.orValue(true) == true' }],
      }),
      '',
    ],
    [
      'a rule of two kinds, and one of none',
      jwt({ claimValidationRules: [{ claim: 'a', expression: 'true' }, {}] }),
      '[jwt[0].claimValidationRules[0]: Invalid value: "a": claim and expression can\'t both be set, jwt[0].claimValidationRules[1]: Required value: claim or expression is required]',
    ],
    [
      'a rule that is no condition',
      jwt({ userValidationRules: [{ expression: 'user.username' }] }),
      'jwt[0].userValidationRules[0].expression: Invalid value: "user.username": must evaluate to bool',
    ],
    [
      'keys that are reserved or wrong',
      jwt({
        claimMappings: {
          ...claimMappings,
          extra: [
            { key: 'a.k8s.io/b', valueExpression: '"x"' },
            { key: 'b', valueExpression: '"x"' },
          ],
        },
      }),
      '[jwt[0].claimMappings.extra[0].key: Invalid value: "a.k8s.io/b": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use, jwt[0].claimMappings.extra[1].key: Invalid value: "b": must be a domain-prefixed path (such as "acme.io/foo")]',
    ],
    [
      'conditions of nothing',
      { anonymous: { enabled: false, conditions: [{ path: '/livez' }] } },
      'anonymous.conditions: Invalid value: [{"path":"/livez"}]: enabled should be set to true when conditions are defined',
    ],
  ]
  for (const [name, fields, expected] of cases) assert.equal(errorsOf(fields), expected, name)
})

test('a user has its fields and no others in expressions', () => {
  assert.match(
    errorsOf(jwt({ userValidationRules: [{ expression: "user.name == 'a'" }] })),
    /^jwt\[0\]\.userValidationRules\[0\]\.expression: Invalid value: "user.name == 'a'": compilation failed: ERROR: <input>:1:5: undefined field 'name'/,
  )
})

test('files are read strictly, in all versions there are', () => {
  assert.deepEqual(read({ jwt: [] }, 'v1beta1').jwt, undefined)
  const problem = (text: string) => {
    try {
      decodeConfigured('AuthenticationConfiguration', text)
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n'
  assert.equal(problem(''), 'empty config data')
  assert.equal(
    problem(`${head}jwt: [{ issuer: { urls: x } }]`),
    'strict decoding error: unknown field "jwt[0].issuer.urls"',
  )
  assert.equal(
    problem(`${head}jwt: [{ issuer: { url: 7 } }]`),
    'json: cannot unmarshal number into Go struct field Issuer.jwt.issuer.url of type string',
  )
  assert.equal(
    problem('apiVersion: apiserver.config.k8s.io/v7\nkind: AuthenticationConfiguration'),
    'no kind "AuthenticationConfiguration" is registered for version "apiserver.config.k8s.io/v7"',
  )
})
