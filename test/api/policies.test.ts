import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../src/machinery/index.ts'
import { declare, startApi, type TestApi, things } from '../fixtures/api.ts'

const group = 'admissionregistration.k8s.io'
const configMaps = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }
const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'default' }
const configMap = (name: string, data: object = { a: '1' }, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data,
})
const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image: 'nginx', args: ['a'] }] },
    },
  },
})
const about = (resources: readonly string[], groups = ['']) => ({
  resourceRules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: groups, apiVersions: ['*'], resources }],
})
const plurals = {
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies',
}
type Kind = keyof typeof plurals

/** Creates a policy and a binding of the same name. */
async function govern(api: TestApi, kind: Kind, name: string, spec: object, binding: object = {}): Promise<void> {
  const create = (resource: string, body: object) => api.call({ group, version: 'v1', resource, verb: 'create', body })
  const apiVersion = `${group}/v1`
  await create(plurals[kind], { apiVersion, kind, metadata: { name }, spec })
  const validates = kind === 'ValidatingAdmissionPolicy'
  await create(`${kind.toLowerCase()}bindings`, {
    apiVersion,
    kind: `${kind}Binding`,
    metadata: { name },
    spec: { policyName: name, ...(validates ? { validationActions: ['Deny'] } : {}), ...binding },
  })
}
const validating = (api: TestApi, name: string, spec: object, binding?: object) =>
  govern(api, 'ValidatingAdmissionPolicy', name, { matchConstraints: about(['configmaps']), ...spec }, binding)
const mutating = (api: TestApi, name: string, spec: object, binding?: object) =>
  govern(
    api,
    'MutatingAdmissionPolicy',
    name,
    { matchConstraints: about(['configmaps']), reinvocationPolicy: 'Never', ...spec },
    binding,
  )
const jsonPatch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } })
const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })

const refusalOf = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => 'not refused',
    (error: unknown) => (error instanceof StatusError ? error.status : String(error)),
  )
const textOf = async (promise: Promise<unknown>): Promise<string> => {
  const refusal = await refusalOf(promise)
  return refusal.message === undefined ? refusal : `${refusal.code} ${refusal.reason}: ${refusal.message}`
}
const createMap = (api: TestApi, ...given: Parameters<typeof configMap>) =>
  api.call({ ...configMaps, verb: 'create', body: configMap(...given) })

test('a policy refuses what its validations do not hold for', async () => {
  await using api = await startApi()
  await govern(api, 'ValidatingAdmissionPolicy', 'replicas', {
    matchConstraints: about(['deployments'], ['apps']),
    validations: [{ expression: 'object.spec.replicas <= 3' }],
  })
  await api.call({ ...deployments, verb: 'create', body: deployment('small', 2) })
  assert.deepEqual(await refusalOf(api.call({ ...deployments, verb: 'create', body: deployment('large', 4) })), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      "deployments.apps \"large\" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: failed expression: object.spec.replicas <= 3",
    reason: 'Invalid',
    details: {
      name: 'large',
      group: 'apps',
      kind: 'deployments',
      causes: [
        {
          message:
            "ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: failed expression: object.spec.replicas <= 3",
        },
      ],
    },
    code: 422,
  })
})

test('messages, reasons, variables and parameters', async () => {
  await using api = await startApi()
  await createMap(api, 'limits', { max: '3' }, { labels: { limits: 'yes' } })
  const denied = (by: string, why: string) =>
    `configmaps "x" is forbidden: ValidatingAdmissionPolicy '${by}' with binding '${by}' denied request: ${why}`
  await validating(
    api,
    'counted',
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [
        { name: 'marked', expression: "has(object.metadata.labels) && 'counted' in object.metadata.labels" },
      ],
      variables: [
        { name: 'max', expression: 'int(params.data.max)' },
        { name: 'count', expression: 'size(object.data)' },
      ],
      validations: [
        {
          expression: 'variables.count <= variables.max',
          messageExpression: "'at most ' + string(variables.max) + ' entries, not ' + string(variables.count)",
          reason: 'Forbidden',
        },
      ],
    },
    { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
  )
  const marked = { labels: { counted: '' } }
  await createMap(api, 'few', { a: '1' }, marked)
  await createMap(api, 'unmarked', { a: '1', b: '2', c: '3', d: '4' })
  const many = { a: '1', b: '2', c: '3', d: '4' }
  assert.equal(
    await textOf(createMap(api, 'x', many, marked)),
    `403 Forbidden: ${denied('counted', 'at most 3 entries, not 4')}`,
  )
  await api.call({ ...configMaps, verb: 'delete', name: 'limits' })
  assert.equal(
    await textOf(createMap(api, 'x', many)),
    `422 Invalid: ${denied('counted', 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction')}`,
  )
})

test('parameters are selected by label, and each is asked about', async () => {
  await using api = await startApi()
  await validating(
    api,
    'words',
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [{ name: 'new', expression: "!object.metadata.name.startsWith('words')" }],
      validations: [
        { expression: '!(params.data.word in object.data)', messageExpression: "'not ' + params.data.word" },
      ],
    },
    { paramRef: { selector: { matchLabels: { words: 'yes' } }, parameterNotFoundAction: 'Allow' } },
  )
  await createMap(api, 'before', { one: '' })
  await createMap(api, 'words-1', { word: 'one' }, { labels: { words: 'yes' } })
  await createMap(api, 'words-2', { word: 'two' }, { labels: { words: 'yes' } })
  await createMap(api, 'words-3', { word: 'three' })
  await createMap(api, 'after', { three: '' })
  assert.match(await textOf(createMap(api, 'x', { one: '' })), /denied request: not one$/)
  assert.match(await textOf(createMap(api, 'y', { two: '' })), /denied request: not two$/)
})

test('bindings may warn instead, and pass over what fails', async () => {
  await using api = await startApi()
  const warned = { validationActions: ['Warn', 'Audit'] }
  await validating(
    api,
    'warns',
    { validations: [{ expression: "'b' in object.data", message: 'b is missing' }] },
    warned,
  )
  await validating(api, 'ignores', { failurePolicy: 'Ignore', validations: [{ expression: "object.data.none == ''" }] })
  const { warnings } = await api.reply({ ...configMaps, verb: 'create', body: configMap('x') })
  assert.deepEqual(warnings, [
    "Validation failed for ValidatingAdmissionPolicy 'warns' with binding 'warns': b is missing",
  ])
  await validating(api, 'fails', { validations: [{ expression: "object.data.none == ''" }] })
  assert.match(
    await textOf(createMap(api, 'y')),
    /denied request: expression 'object\.data\.none == ''' resulted in error: no such key: none$/,
  )
})

test('expressions ask the authorizer, and know the request and its namespace', async () => {
  await using api = await startApi()
  await validating(api, 'asks', {
    validations: [
      {
        expression:
          "authorizer.group('').resource('secrets').namespace(request.namespace).check('delete').allowed() || authorizer.requestResource.check('approve').allowed()",
        messageExpression: "request.userInfo.username + ' may not, in ' + namespaceObject.metadata.name",
      },
    ],
  })
  await createMap(api, 'x')
  await api.call({
    verb: 'create',
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    resource: 'clusterroles',
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'writer' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }],
    },
  })
  const jane = { name: 'jane', groups: ['system:authenticated'] }
  await api.call({
    verb: 'create',
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    resource: 'clusterrolebindings',
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'writer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'writer' },
      subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
    },
  })
  const refused = await textOf(api.call({ ...configMaps, verb: 'create', body: configMap('y') }, jane))
  assert.match(refused, /denied request: jane may not, in default$/)
})

test('a policy applies a configuration', async () => {
  await using api = await startApi()
  await govern(api, 'MutatingAdmissionPolicy', 'labelled', {
    matchConstraints: about(['deployments'], ['apps']),
    reinvocationPolicy: 'Never',
    mutations: [
      apply(
        "Object{metadata: Object.metadata{annotations: {'by': 'policy'}}, spec: Object.spec{replicas: object.spec.replicas + 1, template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: 'side', image: 'side'}]}}}}",
      ),
    ],
  })
  const made = await api.call({ ...deployments, verb: 'create', body: deployment('x', 2) })
  assert.equal(made.spec.replicas, 3)
  assert.equal(made.metadata.annotations.by, 'policy')
  assert.deepEqual(
    made.spec.template.spec.containers.map(({ name, terminationMessagePath }: any) => [name, terminationMessagePath]),
    [
      ['side', '/dev/termination-log'],
      ['web', '/dev/termination-log'],
    ].reverse(),
  )
})

test('what a configuration may not do', async () => {
  await using api = await startApi()
  const failing = async (name: string, expression: string) => {
    await govern(api, 'MutatingAdmissionPolicy', name, {
      matchConstraints: about(['deployments'], ['apps']),
      reinvocationPolicy: 'Never',
      matchConditions: [{ name: 'named', expression: `object.metadata.name == '${name}'` }],
      mutations: [apply(expression)],
    })
    return textOf(api.call({ ...deployments, verb: 'create', body: deployment(name, 2) }))
  }
  const denied = (name: string) => `403 Invalid: policy '${name}' with binding '${name}' denied request: `
  assert.equal(
    await failing('atomic', "Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {'a': 'b'}}}}"),
    `${denied('atomic')}error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector`,
  )
  const wrong = 'error applying patch: failed to convert patch object to typed object: '
  assert.equal(
    await failing('number', "Object{spec: Object.spec{replicas: 'three'}}"),
    `${denied('number')}${wrong}.spec.replicas: expected numeric (int or float), got string`,
  )
  assert.equal(
    await failing('text', 'Object{metadata: Object.metadata{annotations: {"a": 5}}}'),
    `${denied('text')}${wrong}.metadata.annotations.a: expected string, got &value.valueUnstructured{Value:5}`,
  )
  assert.equal(
    await failing('truth', "Object{spec: Object.spec{paused: 'no', minReadySeconds: [1]}}"),
    `${denied('truth')}${wrong}errors:\n  .spec.paused: expected boolean, got &{no}\n  .spec.minReadySeconds: expected numeric (int or float), got []interface {}`,
  )
  assert.equal(
    await failing(
      'listless',
      "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: {'a': 'b'}}}}}",
    ),
    `${denied('listless')}${wrong}.spec.template.spec.containers: expected list, got &{map[a:b]}`,
  )
  assert.equal(
    await failing('misplaced', 'Object{spec: Object.spec{selector: Object.spec.wrong{}}}'),
    `${denied('misplaced')}type mismatch: unexpected type name "Object.spec.wrong", expected "Object.spec.selector", which matches field name path from root Object type`,
  )
})

test('a policy patches, and is asked again when others have changed what it made', async () => {
  await using api = await startApi()
  await mutating(api, 'a-counts', {
    reinvocationPolicy: 'IfNeeded',
    mutations: [
      jsonPatch(
        "[JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('seen/by'), value: string(size(object.data))}]",
      ),
    ],
  })
  await mutating(api, 'b-adds', {
    mutations: [
      jsonPatch("[JSONPatch{op: 'test', path: '/data/a', value: 'other'}, JSONPatch{op: 'remove', path: '/data/a'}]"),
      jsonPatch(
        "[JSONPatch{op: 'add', path: '/data/b', value: 'x'}, JSONPatch{op: 'add', path: '/data/c', value: 'y'}]",
      ),
    ],
  })
  const made = await createMap(api, 'x', { a: '1' }, { annotations: { of: 'mine' } })
  assert.deepEqual(made.data, { a: '1', b: 'x', c: 'y' })
  assert.deepEqual(made.metadata.annotations, { of: 'mine', 'seen/by': '3' })
})

test('match conditions of webhooks', async () => {
  await using api = await startApi()
  const asked: string[] = []
  api.answerAt('hooks.example', ({ request }) => {
    asked.push(request.name)
    const response = { uid: request.uid, allowed: true }
    return { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response }
  })
  const conditions = (...expressions: readonly string[]) =>
    expressions.map((expression, index) => ({ name: `c${index}`, expression }))
  await api.call({
    group,
    version: 'v1',
    resource: 'validatingwebhookconfigurations',
    verb: 'create',
    body: {
      apiVersion: `${group}/v1`,
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'hooks' },
      webhooks: [
        {
          name: 'one.hooks.example',
          clientConfig: { url: 'https://hooks.example/ask' },
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          rules: about(['configmaps']).resourceRules,
          matchConditions: conditions("object.metadata.name != 'not'", "object.data.a == '1'"),
        },
      ],
    },
  })
  await createMap(api, 'x')
  await createMap(api, 'not', {})
  await createMap(api, 'y', { a: '2' })
  assert.deepEqual(asked, ['x'])
  assert.equal(
    await textOf(createMap(api, 'z', { b: '' })),
    `403 Forbidden: configmaps "z" is forbidden: expression 'object.data.a == '1'' resulted in error: no such key: a`,
  )
})

const declaring = (api: TestApi, kind: Kind, spec: object, name = 'declared') =>
  textOf(
    api.call({
      group,
      version: 'v1',
      resource: plurals[kind],
      verb: 'create',
      body: { apiVersion: `${group}/v1`, kind, metadata: { name }, spec },
    }),
  )
const problemsOf = (text: string) =>
  text
    .replace(/^422 Invalid: \w+\.admissionregistration\.k8s\.io "declared" is invalid: /, '')
    .replace(/^\[|\]$/g, '')
    .split(', spec.')
    .map((one) => one.replace(/^spec\./, ''))

test('what is wrong with a validating policy', async () => {
  await using api = await startApi()
  const found = async (spec: object) =>
    problemsOf(await declaring(api, 'ValidatingAdmissionPolicy', { matchConstraints: about(['pods']), ...spec }))
  assert.deepEqual(await found({ matchConstraints: {} }), [
    'matchConstraints.resourceRules: Required value',
    'validations: Required value: validations or auditAnnotations must contain at least one item',
    'auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
  ])
  assert.deepEqual(
    await found({
      variables: [{ name: 'count', expression: 'size(object.spec.containers)' }],
      validations: [
        {
          expression: 'variables.count < 3 && variables.counts < 3',
          messageExpression: '1 + 1',
          message: ' ',
          reason: 'Other',
        },
        { expression: 'object.spec', messageExpression: "authorizer.group('').resource('x').check('get').reason()" },
      ],
    }),
    [
      'validations[0].expression: Invalid value: "variables.count < 3 && variables.counts < 3": compilation failed: ERROR: <input>:1:33: undefined field \'counts\'\n | variables.count < 3 && variables.counts < 3\n | ................................^',
      'validations[0].messageExpression: Invalid value: "1 + 1": must evaluate to string but got int',
      'validations[0].message: Invalid value: " ": must be non-empty if specified',
      'validations[0].reason: Unsupported value: "Other": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      'validations[1].expression: Invalid value: "object.spec": must evaluate to bool but got dyn',
      "validations[1].messageExpression: Invalid value: \"authorizer.group('').resource('x').check('get').reason()\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'authorizer' (in container '')\n | authorizer.group('').resource('x').check('get').reason()\n | ^",
    ],
  )
  assert.deepEqual(
    await found({
      paramKind: { apiVersion: 'v1', kind: 'Config_Map' },
      matchConditions: [{ name: 'a b', expression: 'params.x && variables.y' }],
      variables: [{ name: 'in', expression: '' }],
      auditAnnotations: [
        { key: 'k', valueExpression: '1' },
        { key: 'k', valueExpression: 'null' },
      ],
    }),
    [
      "paramKind.kind: Invalid value: \"Config_Map\": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      "matchConditions[0].expression: Invalid value: \"params.x && variables.y\": compilation failed: ERROR: <input>:1:13: undeclared reference to 'variables' (in container '')\n | params.x && variables.y\n | ............^",
      "matchConditions[0].name: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      'variables[0].name: Invalid value: "in": must be a valid CEL identifier',
      'variables[0].expression: Required value: expression is not specified',
      'auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
      'auditAnnotations[1].key: Duplicate value: "k"',
    ],
  )
})

test('what is wrong with a mutating policy, and with bindings', async () => {
  await using api = await startApi()
  const rule = {
    operations: ['DELETE'],
    apiGroups: [''],
    apiVersions: ['*'],
    resources: ['pods', 'pods/*', 'pods/status'],
  }
  const found = problemsOf(
    await declaring(api, 'MutatingAdmissionPolicy', {
      matchConstraints: { resourceRules: [rule] },
      mutations: [
        { patchType: 'JSONPatch' },
        { ...apply("[JSONPatch{op: 'add'}]"), jsonPatch: { expression: '[]' } },
        jsonPatch("[JSONPatch{op: 1, way: ''}]"),
      ],
    }),
  )
  assert.deepEqual(found, [
    'matchConstraints.resourceRules[0].resources[2]: Invalid value: "pods/status": if \'pods/*\' is present, must not specify pods/status',
    'matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    'mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
    'mutations[1].applyConfiguration.expression: Invalid value: "[JSONPatch{op: \'add\'}]": must evaluate to Object but got list(JSONPatch)',
    'mutations[1].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
    "mutations[2].jsonPatch.expression: Invalid value: \"[JSONPatch{op: 1, way: ''}]\": compilation failed: ERROR: <input>:1:14: expected type of field 'op' is 'string' but provided type is 'int'\n | [JSONPatch{op: 1, way: ''}]\n | .............^\nERROR: <input>:1:22: undefined field 'way'\n | [JSONPatch{op: 1, way: ''}]\n | .....................^",
    'reinvocationPolicy: Required value',
  ])
  const binding = (spec: object) =>
    textOf(
      api.call({
        group,
        version: 'v1',
        resource: 'validatingadmissionpolicybindings',
        verb: 'create',
        body: {
          apiVersion: `${group}/v1`,
          kind: 'ValidatingAdmissionPolicyBinding',
          metadata: { name: 'declared' },
          spec,
        },
      }),
    )
  assert.deepEqual(problemsOf(await binding({ paramRef: {}, validationActions: ['Deny', 'Warn'] })), [
    'policyName: Required value',
    'paramRef: Required value: one of name or selector must be specified',
    'paramRef.parameterNotFoundAction: Required value',
    'validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
  ])
})

test('the status of a policy tells which expressions do not fit the types of what they are about', async () => {
  await using api = await startApi()
  const rules = [
    {
      operations: ['CREATE'],
      apiGroups: ['apps', 'example.com'],
      apiVersions: ['v1'],
      resources: ['deployments', 'things'],
    },
  ]
  await declare(
    api,
    things({
      v1: {
        type: 'object',
        properties: { spec: { type: 'object', properties: { replicas: { type: 'string' } } } },
      },
    }),
  )
  await validating(api, 'typed', {
    matchConstraints: { resourceRules: rules },
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [
      { name: 'replicas', expression: 'object.spec.replicas' },
      { name: 'spec', expression: '[object.spec]' },
    ],
    validations: [
      { expression: 'variables.replicas > 1 && variables.spec[0].none' },
      { expression: "object.spec.replicas == 'x' || has(params.data.x) && object.metadata.labels.size() > 0" },
      {
        expression: "object.spec.template.spec.containers.all(c, c.image.startsWith('x'))",
        messageExpression: 'string(params.date)',
      },
      { expression: "authorizer.group('').resource('pods').check('get').allowed()" },
    ],
  })
  const { status } = await api.until(
    { group, version: 'v1', resource: plurals.ValidatingAdmissionPolicy, verb: 'get', name: 'typed' },
    (one) => one.status?.observedGeneration === 1,
  )
  const at = (source: string, column: number) => `\n | ${source}\n | ${'.'.repeat(column - 1)}^`
  const second = "object.spec.replicas == 'x' || has(params.data.x) && object.metadata.labels.size() > 0"
  const third = "object.spec.template.spec.containers.all(c, c.image.startsWith('x'))"
  assert.deepEqual(status.typeChecking.expressionWarnings, [
    {
      fieldRef: 'spec.validations[0].expression',
      warning: `example.com/v1, Kind=Thing: ERROR: <input>:1:20: found no matching overload for '_>_' applied to '(string, int)'${at('variables.replicas > 1 && variables.spec[0].none', 20)}\n`,
    },
    {
      fieldRef: 'spec.validations[1].expression',
      warning: `apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '(int, string)'${at(second, 22)}\n`,
    },
    {
      fieldRef: 'spec.validations[2].expression',
      warning: `example.com/v1, Kind=Thing: ERROR: <input>:1:12: undefined field 'template'${at(third, 12)}\n`,
    },
    {
      fieldRef: 'spec.validations[2].messageExpression',
      warning: ['apps/v1, Kind=Deployment', 'example.com/v1, Kind=Thing']
        .map((kind) => `${kind}: ERROR: <input>:1:14: undefined field 'date'${at('string(params.date)', 14)}\n`)
        .join('\n'),
    },
  ])
})

test('what patches are made of can be looked at', async () => {
  await using api = await startApi()
  await mutating(api, 'looks', {
    matchConditions: [{ name: 'named', expression: "object.metadata.name == 'x'" }],
    mutations: [
      jsonPatch(`[JSONPatch{op: 'add', path: '/data', value: {
        'op': JSONPatch{op: 'given'}.op,
        'value': string(JSONPatch{value: 1}.value),
        'has': string(has(JSONPatch{from: 'x'}.from)),
        'unset': string(has(JSONPatch{}.op)),
        'same': string(JSONPatch{op: 'add', value: 1} == JSONPatch{op: 'add', value: 1}),
        'other': string(JSONPatch{op: 'add', value: 1} == JSONPatch{op: 'add', value: '1'}),
      }}]`),
    ],
  })
  const made = await createMap(api, 'x')
  assert.deepEqual(made.data, { op: 'given', value: '1', has: 'true', unset: 'false', same: 'true', other: 'false' })
  const failing = async (name: string, ...mutations: readonly object[]) => {
    const matchConditions = [{ name: 'named', expression: `object.metadata.name == '${name}'` }]
    await mutating(api, name, { matchConditions, mutations })
    return textOf(createMap(api, name))
  }
  assert.equal(
    await failing('strict', jsonPatch("[JSONPatch{op: 'add', path: '/metadata/nicename', value: 'x'}]")),
    '500 InternalError: Internal error occurred: strict decoding error: unknown field "metadata.nicename"',
  )
  assert.equal(
    await failing('undeclared', apply("Object{metadata: Object.metadata{nicename: 'x'}}")),
    "403 Invalid: policy 'undeclared' with binding 'undeclared' denied request: error applying patch: failed to convert patch object to typed object: .metadata.nicename: field not declared in schema",
  )
  assert.equal(
    await failing('beyond', jsonPatch("[JSONPatch{op: 'add', path: '/metadata/labels/a', value: 'x'}]")),
    "403 Invalid: policy 'beyond' with binding 'beyond' denied request: JSON Patch: add operation does not apply: doc is missing path: \"/metadata/labels/a\": missing value",
  )
  assert.match(
    await failing('misplaced', jsonPatch("[JSONPatch{op: 'add', path: '/data', value: Object.data{a: Object.b{}}}]")),
    /type mismatch: unexpected type name "Object\.b", expected "Object\.data\.a", which matches field name path from root Object type$/,
  )
})

test('a policy changes the body of a subresource', async () => {
  await using api = await startApi()
  await mutating(api, 'tokens', {
    matchConstraints: {
      resourceRules: [
        { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['serviceaccounts/token'] },
      ],
    },
    mutations: [apply('Object{spec: Object.spec{expirationSeconds: 1200}}')],
  })
  const accounts = { group: '', version: 'v1', resource: 'serviceaccounts', namespace: 'default' }
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'x' } }
  await api.call({ ...accounts, verb: 'create', body: account })
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } }
  const { spec } = await api.call({ ...accounts, verb: 'create', name: 'x', subresource: 'token', body })
  assert.equal(spec.expirationSeconds, 1200)
})
