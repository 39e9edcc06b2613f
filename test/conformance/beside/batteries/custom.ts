import {
  afterPause,
  apply,
  asEarlierTable,
  asMetadata,
  asTable,
  type Battery,
  battery,
  get,
  jsonPatch,
  mergePatch,
  post,
  put,
  remove,
  strategicPatch,
} from '../battery.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })
const names = (plural: string, more: object = {}) => ({
  plural,
  singular: plural.replace(/s$/, ''),
  kind: plural.charAt(0).toUpperCase() + plural.slice(1, -1),
  ...more,
})
const version = (name: string, schema: object, more: object = {}) => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
})
const definition = (plural: string, versions: readonly object[], spec: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.beside.dev` },
  spec: { group: 'beside.dev', scope: 'Namespaced', names: names(plural), versions, ...spec },
})
const specOf = (properties: object, more: object = {}) => object({ spec: object(properties, more) })

/** Schemas that are refused, each with what is wrong in its name. */
const wrong: readonly (readonly [what: string, schema: object])[] = [
  ['no type', {}],
  ['type unknown', specOf({ a: { type: 'foo' } })],
  ['array without items', specOf({ a: { type: 'array' } })],
  ['items of several kinds', specOf({ a: { type: 'array', items: [{ type: 'string' }] } })],
  [
    'properties and additionalProperties',
    specOf({ a: { type: 'object', properties: { x: { type: 'string' } }, additionalProperties: { type: 'string' } } }),
  ],
  ['additionalProperties false', specOf({ a: { type: 'object', additionalProperties: false } })],
  ['ref', specOf({ a: { $ref: '#/x' } })],
  ['uniqueItems', specOf({ a: { type: 'array', items: { type: 'string' }, uniqueItems: true } })],
  ['default of another type', specOf({ a: { type: 'string', default: 5 } })],
  ['default beyond the limit', specOf({ a: { type: 'integer', maximum: 3, default: 5 } })],
  ['default with unknown member', specOf({ a: { type: 'object', properties: {}, default: { b: 1 } } })],
  ['int or string with type', specOf({ a: { type: 'string', 'x-kubernetes-int-or-string': true } })],
  [
    'map list without keys',
    specOf({ a: { type: 'array', 'x-kubernetes-list-type': 'map', items: object({ k: { type: 'string' } }) } }),
  ],
  [
    'map list with optional key',
    specOf({
      a: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: object({ k: { type: 'string' } }),
      },
    }),
  ],
  ['list type unknown', specOf({ a: { type: 'array', 'x-kubernetes-list-type': 'foo', items: { type: 'string' } } })],
  ['set of objects', specOf({ a: { type: 'array', 'x-kubernetes-list-type': 'set', items: object({}) } })],
  ['map type of a string', specOf({ a: { type: 'string', 'x-kubernetes-map-type': 'atomic' } })],
  ['pattern', specOf({ a: { type: 'string', pattern: '(' } })],
  ['metadata', object({ metadata: object({ labels: { type: 'object' } }) })],
  ['rule that cannot be read', specOf({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self >' }] } })],
  ['rule of another type', specOf({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self + 1' }] } })],
  ['rule that is no condition', specOf({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self' }] } })],
  ['rule about no field', specOf({ a: { type: 'string' } }, { 'x-kubernetes-validations': [{ rule: 'self.b == 1' }] })],
  ['rule without text', specOf({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: '', message: 'a\nb' }] } })],
  [
    'rule with a wrong path',
    specOf(
      { a: { type: 'string' } },
      { 'x-kubernetes-validations': [{ rule: 'true', fieldPath: '.b', reason: 'Foo' }] },
    ),
  ],
  [
    'rule that costs too much',
    specOf(
      { a: { type: 'array', items: { type: 'array', items: { type: 'string' } } } },
      { 'x-kubernetes-validations': [{ rule: 'self.a.all(x, x.all(y, self.a.all(z, z.all(w, w == y))))' }] },
    ),
  ],
  [
    'message expression that is no text',
    specOf({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', messageExpression: '1' }] } }),
  ],
  [
    'transition rule in a set',
    specOf({
      a: {
        type: 'array',
        'x-kubernetes-list-type': 'atomic',
        items: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
      },
    }),
  ],
  ['keyword below anyOf', specOf({ a: { type: 'integer', anyOf: [{ type: 'integer', minimum: 2 }] } })],
  ['bounds of other types', specOf({ a: { type: 'string', minimum: 1, maxItems: 2, format: 'foo' } })],
  ['negative lengths', specOf({ a: { type: 'string', minLength: -1, maxLength: -2 } })],
  ['nullable default', specOf({ a: { type: 'string', default: null } })],
  ['preserve false', specOf({ a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': false } })],
  ['embedded without content', specOf({ a: { type: 'object', 'x-kubernetes-embedded-resource': true } })],
]
const plain = specOf({ a: { type: 'string' } })
const wrongDefinitions: readonly (readonly [what: string, body: object])[] = [
  ['empty', { metadata: { name: 'x' }, spec: {} }],
  ['name that does not fit', { ...definition('ws', [version('v1', plain)]), metadata: { name: 'vs.beside.dev' } }],
  ['no storage version', definition('ws', [version('v1', plain, { storage: false })])],
  ['two storage versions', definition('ws', [version('v1', plain), version('v2', plain)])],
  ['two equal versions', definition('ws', [version('v1', plain), version('v1', plain, { storage: false })])],
  ['no schema', definition('ws', [{ name: 'v1', served: true, storage: true }])],
  ['scope', definition('ws', [version('v1', plain)], { scope: 'Foo' })],
  [
    'names',
    definition('ws', [version('v1', plain)], {
      names: { plural: 'ws', singular: 'W', kind: 'w', shortNames: ['A B'], categories: ['C'], listKind: 'x y' },
    }),
  ],
  ['group', definition('ws', [version('v1', plain)], { group: 'beside' })],
  [
    'protected group',
    { ...definition('ws', [version('v1', plain)], { group: 'x.k8s.io' }), metadata: { name: 'ws.x.k8s.io' } },
  ],
  ['conversion without webhook', definition('ws', [version('v1', plain)], { conversion: { strategy: 'Webhook' } })],
  ['conversion unknown', definition('ws', [version('v1', plain)], { conversion: { strategy: 'Foo' } })],
  ['preserve unknown', definition('ws', [version('v1', plain)], { preserveUnknownFields: true })],
  [
    'scale',
    definition('ws', [
      version('v1', plain, {
        subresources: { scale: { specReplicasPath: 'a', statusReplicasPath: '.spec.x', labelSelectorPath: '.foo' } },
      }),
    ]),
  ],
  [
    'columns',
    definition('ws', [
      version('v1', plain, {
        additionalPrinterColumns: [
          { name: '', type: 'foo', jsonPath: 'x', priority: -1 },
          { name: 'A', type: 'string', jsonPath: '.spec[', format: 'bar' },
        ],
      }),
    ]),
  ],
  [
    'selectable fields',
    definition('ws', [
      version('v1', plain, {
        selectableFields: [
          { jsonPath: '.spec.b' },
          { jsonPath: 'spec.a' },
          { jsonPath: '.spec.a' },
          { jsonPath: '.spec.a' },
          { jsonPath: '.metadata.name' },
        ],
      }),
    ]),
  ],
  ['version name', definition('ws', [version('V_1', plain)])],
  ['deprecation', definition('ws', [version('v1', plain, { deprecationWarning: 'x' })])],
]

const refused = battery(
  'custom resources: definitions that are refused',
  ...wrong.map(([what, schema]) =>
    post(`${definitions}?dryRun=All&because=${encodeURIComponent(what)}`, definition('ws', [version('v1', schema)])),
  ),
  ...wrongDefinitions.map(([what, body]) =>
    post(`${definitions}?dryRun=All&because=${encodeURIComponent(what)}`, body),
  ),
)

const rich = object(
  {
    spec: object(
      {
        text: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$', default: 'abc' },
        choice: { type: 'string', enum: ['A', 'B'] },
        count: { type: 'integer', minimum: 1, maximum: 9, multipleOf: 2 },
        share: { type: 'number', exclusiveMinimum: true, minimum: 0 },
        when: { type: 'string', format: 'date-time' },
        port: { 'x-kubernetes-int-or-string': true },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        words: { type: 'array', items: { type: 'string' }, maxItems: 3, 'x-kubernetes-list-type': 'set' },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: object({ name: { type: 'string' }, size: { type: 'integer', default: 1 } }, { required: ['name'] }),
        },
        labels: { type: 'object', additionalProperties: { type: 'string', maxLength: 3 }, maxProperties: 2 },
        fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is fixed' }] },
        maybe: { type: 'string', nullable: true },
        replicas: { type: 'integer' },
      },
      {
        required: ['count'],
        'x-kubernetes-validations': [
          {
            rule: '!has(self.choice) || self.choice != "B" || self.count > 2',
            messageExpression: '"B needs " + "more"',
            fieldPath: '.count',
            reason: 'FieldValueForbidden',
          },
          { rule: 'self.text != "bad"' },
        ],
      },
    ),
    status: object({
      replicas: { type: 'integer' },
      selector: { type: 'string' },
      phase: { type: 'string', enum: ['On', 'Off'] },
    }),
  },
  { required: ['spec'] },
)
const columns = [
  { name: 'Count', type: 'integer', jsonPath: '.spec.count', description: 'How many' },
  { name: 'Text', type: 'string', jsonPath: '.spec.text', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
]
const subresources = {
  status: {},
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  },
}
const richDefinition = definition(
  'riches',
  [
    version('v1', rich, {
      subresources,
      additionalPrinterColumns: columns,
      selectableFields: [{ jsonPath: '.spec.choice' }],
    }),
    version('v1beta1', rich, { storage: false, deprecated: true, selectableFields: [{ jsonPath: '.spec.choice' }] }),
  ],
  { names: { plural: 'riches', singular: 'rich', kind: 'Rich', shortNames: ['rch'], categories: ['all'] } },
)
const group = '/apis/beside.dev'
const at = `${group}/v1/namespaces/default/riches`
const one = (spec: object, more: object = {}) => ({
  apiVersion: 'beside.dev/v1',
  kind: 'Rich',
  metadata: { name: 'r' },
  spec,
  ...more,
})

const declared = battery(
  'custom resources: a definition',
  post(definitions, richDefinition),
  afterPause(get(`${definitions}/riches.beside.dev`)),
  get(`${definitions}/riches.beside.dev`, asTable),
  get(group),
  get(`${group}/v1`),
  get(`${group}/v1beta1`),
  post(definitions, richDefinition),
  mergePatch(`${definitions}/riches.beside.dev`, {
    spec: { scope: 'Cluster', group: 'x.y', names: { kind: 'Poor', plural: 'poors' } },
  }),
  post(
    definitions,
    definition('others', [version('v1', plain)], {
      names: { plural: 'others', singular: 'rich', kind: 'Rich', shortNames: ['rch'] },
    }),
  ),
  afterPause(get(`${definitions}/others.beside.dev`)),
  remove(`${definitions}/others.beside.dev`),
)
const bad: readonly object[] = [
  {},
  { count: 'x' },
  {
    count: 1,
    text: 'A',
    choice: 'C',
    share: 0,
    when: 'x',
    port: 1.5,
    words: ['a', 'a'],
    parts: [{ size: 1 }, { name: 'a' }, { name: 'a' }],
    labels: { a: 'long', b: 'b', c: 'c' },
  },
  { count: 20, text: 'abcdefgh', words: ['a', 'b', 'c', 'd'], unknown: 1, free: { any: 1 } },
  { count: 2, choice: 'B' },
  { count: 2, text: 'bad', maybe: null },
  { count: null },
  { count: 2, parts: {}, labels: [], free: 'x' },
]
const objects = battery(
  'custom resources: objects',
  post(at, { metadata: { name: 'none' } }),
  ...bad.flatMap((spec) => [
    post(`${at}?dryRun=All&fieldValidation=Strict`, one(spec)),
    post(`${at}?dryRun=All`, one(spec)),
  ]),
  post(at, { apiVersion: 'beside.dev/v1', kind: 'Poor', metadata: { name: 'r' }, spec: { count: 2 } }),
  post(at, { apiVersion: 'beside.dev/v2', kind: 'Rich', metadata: { name: 'r' }, spec: { count: 2 } }),
  post(at, one({ count: 2 }, { metadata: { name: 'X_', labels: { 'a b': 'c' } } })),
  post(
    `${at}?fieldManager=m`,
    one({ count: 4, fixed: 'a', parts: [{ name: 'x' }], unknown: 1 }, { status: { phase: 'On' }, stray: 1 }),
  ),
  post(at, one({ count: 4 })),
  get(`${at}/r`),
  get(`${group}/v1beta1/namespaces/default/riches/r`),
  get(at),
  get(at, asTable),
  get(`${at}/r?includeObject=Object`, asTable),
  get(at, asEarlierTable),
  get(at, asMetadata),
  get(`${at}?fieldSelector=spec.choice=A`),
  get(`${at}?fieldSelector=spec.text=abc`),
  get(`${at}?labelSelector=a`),
  get(`${at}/r/status`),
  get(`${at}/r/scale`),
  get(`${at}/r/foo`),
  get(`${at}/none`),
  put(`${at}/r`, one({ count: 6, fixed: 'a' })),
  { ...put(`${at}/r`, one({ count: 6, fixed: 'a' }, { metadata: { name: 'r', resourceVersion: '1' } })) },
  mergePatch(`${at}/r`, { spec: { fixed: 'b' } }),
  mergePatch(`${at}/r`, { spec: { count: 6, text: null, words: ['b', 'a'] }, metadata: { labels: { l: 'm' } } }),
  jsonPatch(`${at}/r`, [{ op: 'replace', path: '/spec/count', value: 'x' }]),
  jsonPatch(`${at}/r`, [{ op: 'test', path: '/spec/count', value: 5 }]),
  strategicPatch(`${at}/r`, {}),
  mergePatch(`${at}/r/status`, {
    spec: { count: 2 },
    metadata: { labels: { s: 't' } },
    status: { replicas: 3, phase: 'Foo' },
  }),
  mergePatch(`${at}/r/status`, {
    spec: { count: 2 },
    metadata: { labels: { s: 't' } },
    status: { replicas: 3, phase: 'On', selector: 'a=b' },
  }),
  mergePatch(`${at}/r/scale`, { spec: { replicas: 5 } }),
  put(`${at}/r/scale`, { metadata: { name: 'r' }, spec: { replicas: 6 } }),
  get(`${at}/r/scale`),
  apply(`${at}/r`, 'fieldManager=one', one({ count: 8, parts: [{ name: 'y', size: 3 }], words: ['c'] })),
  apply(`${at}/r`, 'fieldManager=one&force=true', one({ count: 8, parts: [{ name: 'y', size: 3 }], words: ['c'] })),
  apply(`${at}/r`, 'fieldManager=two', one({ parts: [{ name: 'y', size: 4 }], words: ['d'], labels: { a: 'b' } })),
  apply(`${at}/r`, 'fieldManager=two', one({ nope: 1 })),
  apply(`${at}/r/status`, 'fieldManager=three', one({}, { status: { phase: 'Off' } })),
  apply(`${at}/r/status`, 'fieldManager=three&force=true', one({}, { status: { phase: 'Off' } })),
  get(`${at}/r`),
  mergePatch(`${at}/r`, { metadata: { finalizers: ['a.b/c'] } }),
  remove(`${at}/r`),
  mergePatch(`${at}/r`, { metadata: { finalizers: ['a.b/c', 'd.e/f'] } }),
  mergePatch(`${at}/r`, { metadata: { finalizers: [] } }),
  remove(`${at}/r`),
  post(at, one({ count: 2 })),
  remove(at),
  post(at, one({ count: 2 }, { metadata: { name: 'f', finalizers: ['a.b/c'] } })),
  remove(`${definitions}/riches.beside.dev`),
  afterPause(get(`${definitions}/riches.beside.dev`)),
)

/** CustomResourceDefinitions and what they declare. */
export const custom: readonly Battery[] = [refused, declared, objects]
