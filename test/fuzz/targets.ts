/** What is fuzzed: each target takes inputs that are nearly right and must answer, or refuse with an error of its own. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { routeOf } from '../../src/apiserver/http/route.ts'
import { kubernetesEnvironment } from '../../src/machinery/cel/index.ts'
import { jsonValue } from '../../src/machinery/cel/schema/json-values.ts'
import { dynType } from '../../src/machinery/cel/types/type.ts'
import {
  applyConfiguration,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicPatch,
  canonicalQuantity,
  createShapes,
  decodeCbor,
  encodeCbor,
  labelQueryText,
  matchesFields,
  parseDuration,
  parseFieldSelector,
  parseJsonPath,
  parseJsonStrict,
  parseLabelSelector,
  parseQuantity,
  parseYaml,
  parseYamlDocuments,
  quantityText,
  readCertificateRequest,
  recordUpdate,
  resetFields,
  yamlText,
} from '../../src/machinery/index.ts'
import { goRegex } from '../../src/machinery/regex/regex.ts'
import { instantOfTime } from '../../src/machinery/schema/times.ts'
import {
  allResources,
  builtInSchema,
  decodeProtobuf,
  encodeCborObject,
  encodeProtobuf,
} from '../../src/resources/index.ts'
import { changedBytes, changedJson, changedText } from './inputs.ts'
import { createSchemaChecks } from './schemas.ts'
import { fuzzHttp2, fuzzSpdy, fuzzWebSocket, http2Bytes, spdyBytes, webSocketBytes } from './streams.ts'

export interface Target {
  readonly name: string
  readonly inputs: fc.Arbitrary<any>
  /** What refusals say that are plain errors, as Go's packages word them. */
  readonly refusals?: RegExp
  /** Throws what it refuses with, or an AssertionError when an answer is wrong. */
  run(input: any): void | Promise<void>
}

const golden = join(import.meta.dirname, '../fixtures/golden')
const goldenFiles = (ending: string) => globSync(`*.${ending}`, { cwd: golden }).sort()
const goldenObjects: readonly any[] = goldenFiles('json').map((file) =>
  JSON.parse(readFileSync(join(golden, file), 'utf8')),
)
const small = (text: string) => text.length < 6000
const jsonTexts = goldenFiles('json')
  .map((file) => readFileSync(join(golden, file), 'utf8'))
  .filter(small)
const yamlTexts = [
  ...goldenFiles('yaml')
    .map((file) => readFileSync(join(golden, file), 'utf8'))
    .filter(small),
  'a: &a [x, *a]\nb: {<<: *a, c: !!binary aGk=}\n---\n? [k]\n: |2-\n   text\n...\n',
  'base: &b {x: 1}\nmore:\n  <<: [*b, {y: 2}]\n  z: "\\u00e9\\x41"\n# end\n',
]
const expressions: readonly string[] = readFileSync(join(golden, '../cel/expressions.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line).expr)
const kinds = new Map(
  allResources.map((one) => [`${one.group === '' ? '' : `${one.group}/`}${one.version} ${one.kind}`, one]),
)
const kindOf = (object: any) => kinds.get(`${object?.apiVersion} ${object?.kind}`)
const known = goldenObjects.filter((object) => kindOf(object) !== undefined)
const shapes = createShapes(builtInSchema)
const typed = ['Pod', 'Deployment', 'Service', 'Node', 'CustomResourceDefinition', 'Ingress', 'EndpointSlice'].flatMap(
  (kind) => known.filter((object) => object.kind === kind),
)

const refs = (text: string) => text.slice(0, 2000)
const patches: readonly unknown[] = [
  [
    { op: 'add', path: '/metadata/labels/a', value: 'b' },
    { op: 'test', path: '/kind', value: 'Pod' },
  ],
  [
    { op: 'move', from: '/spec', path: '/status' },
    { op: 'copy', from: '/status', path: '/metadata/x' },
  ],
  [
    { op: 'replace', path: '/spec/containers/0', value: {} },
    { op: 'remove', path: '/spec/containers/-' },
  ],
]
const strategic: readonly unknown[] = [
  {
    spec: {
      containers: [
        { name: 'a', $patch: 'delete' },
        { name: 'b', image: 'x' },
      ],
      $retainKeys: ['containers'],
    },
  },
  { metadata: { finalizers: ['x'], '$deleteFromPrimitiveList/finalizers': ['y'], $patch: 'replace' } },
  {
    spec: {
      '$setElementOrder/containers': [{ name: 'a' }],
      containers: [{ name: 'a', ports: [{ containerPort: 1 }] }],
    },
  },
  { $patch: 'delete' },
]
const writer = {
  manager: 'fuzz',
  time: '2026-01-01T00:00:00Z',
  ignored: resetFields(undefined),
}
const environment = kubernetesEnvironment.extend({ variables: { self: dynType, oldSelf: dynType, x: dynType } })
const selfValue = jsonValue({ a: [1, 2, 'x'], b: { c: null, d: 1.5 }, s: 'text', n: 3 })
const certificateRequest =
  'MIHkMIGLAgEAMCkxFTATBgNVBAoTDHN5c3RlbTpub2RlczEQMA4GA1UEAxMHeHl6Om5vZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAxl'

/** Every target, by what it reads. */
export const targets: readonly Target[] = [
  {
    name: 'JSON',
    inputs: changedText(jsonTexts),
    run(text) {
      const { value } = parseJsonStrict(text)
      assert.deepEqual(value, JSON.parse(text))
    },
  },
  {
    name: 'YAML',
    inputs: changedText(yamlTexts),
    run(text) {
      for (const { value } of parseYamlDocuments(text)) {
        const again = parseYaml(yamlText(value)).value
        assert.equal(JSON.stringify(sorted(again)), JSON.stringify(sorted(value)))
      }
    },
  },
  {
    name: 'protobuf',
    inputs: changedBytes(goldenFiles('pb').map((file) => readFileSync(join(golden, file)))),
    run(bytes) {
      const object = decodeProtobuf(bytes)
      const again = decodeProtobuf(encodeProtobuf(object))
      assert.equal(JSON.stringify(again), JSON.stringify(object))
    },
  },
  {
    name: 'CBOR',
    inputs: changedBytes(goldenObjects.map((object) => encodeCborObject(object)).filter(({ length }) => length < 6000)),
    run(bytes) {
      const value = decodeCbor(bytes)
      assert.equal(JSON.stringify(decodeCbor(encodeCbor(value))), JSON.stringify(value))
    },
  },
  {
    name: 'objects',
    inputs: changedJson(known),
    run(json) {
      const kind = kindOf(json)
      if (kind === undefined) return
      const { object } = kind.schema.decode(json)
      kind.schema.applyDefaults(object, writer.time)
      object.metadata ??= {}
      kind.prepareForCreate(object, { nowMs: 0, uuid: () => 'u' })
      kind.validateUpdate(object, structuredClone(object))
      // The rest is asked of what was found good.
      if (kind.validate(object).length > 0) return
      kind.cells(object, 0)
      for (const label of kind.fieldLabels) assert.equal(typeof kind.field(object, label), 'string')
      kind.warnings(object, undefined)
    },
  },
  {
    name: 'changes of objects',
    inputs: fc.tuple(fc.nat(known.length - 1), changedJson(known)),
    run([index, json]) {
      const kind = kindOf(json)
      const previous = known.find(
        (one, at) => at >= index % 7 && one.kind === kind?.kind && one.apiVersion === json.apiVersion,
      )
      if (kind === undefined || previous === undefined) return
      const before = kind.schema.decode(previous).object
      const { object } = kind.schema.decode(json)
      object.metadata ??= {}
      kind.prepareForUpdate(object, before, { nowMs: 0, uuid: () => 'u' })
      kind.validateUpdate(object, before)
      kind.validateStatusUpdate(object, before)
    },
  },
  {
    name: 'JSON patches',
    inputs: fc.tuple(fc.nat(known.length - 1), changedJson(patches)),
    run: ([index, patch]) => unharmed(known[index], (document) => applyJsonPatch(document, patch)),
  },
  {
    name: 'merge patches',
    inputs: fc.tuple(fc.nat(known.length - 1), changedJson(known)),
    run([index, patch]) {
      const once = unharmed(known[index], (document) => applyMergePatch(document, patch))
      assert.equal(JSON.stringify(sorted(applyMergePatch(once, patch))), JSON.stringify(sorted(once)))
    },
  },
  {
    name: 'strategic patches',
    inputs: fc.tuple(fc.nat(typed.length - 1), changedJson([...strategic, ...typed])),
    run([index, patch]) {
      const document = typed[index]
      unharmed(document, (given) => applyStrategicPatch(builtInSchema, kindOf(document)!.type, given, patch))
    },
  },
  {
    name: 'server-side apply',
    inputs: fc.tuple(fc.nat(typed.length - 1), changedJson(typed), fc.boolean()),
    run([index, given, force]) {
      const kind = kindOf(typed[index])!
      const shape = shapes(kind.type)
      const empty = kind.schema.zero()
      const live = kind.schema.decode(typed[index]).object
      const by = { ...writer, apiVersion: typed[index].apiVersion }
      const managed = recordUpdate(shape, { live: empty, next: live }, { ...by, manager: 'other' })
      const stored = { ...live, metadata: { ...live.metadata, uid: 'u', managedFields: managed } }
      const applied = { ...given, apiVersion: by.apiVersion, kind: typed[index].kind }
      if (typeof applied.metadata === 'object' && applied.metadata !== null) delete applied.metadata.managedFields
      const result = applyConfiguration(shape, { live: stored, applied, empty }, by, { force })
      const next = {
        ...result.object,
        metadata: { ...(result.object['metadata'] as object), managedFields: result.managedFields },
      }
      const again = applyConfiguration(shape, { live: next, applied, empty }, by, { force })
      assert.equal(JSON.stringify(sorted(again.object)), JSON.stringify(sorted(result.object)))
    },
  },
  {
    name: 'label selectors',
    inputs: changedText(['a=b,c!=d', 'x in (a,b),!y,z', 'n notin (),k>3,k<7', 'example.com/a == b', 'a,b=,c in (,x)']),
    run(text) {
      const query = parseLabelSelector(text)
      query.matches({ a: 'b', k: '5' })
      assert.equal(labelQueryText(parseLabelSelector(labelQueryText(query))), labelQueryText(query))
    },
  },
  {
    name: 'field selectors',
    inputs: changedText(['metadata.name=a', 'spec.nodeName!=b\\,c,status.phase==Running', 'a=\\=', '=,=']),
    run: (text) => void matchesFields(parseFieldSelector(text), () => 'a'),
  },
  {
    name: 'quantities',
    inputs: fc.oneof(
      changedText(['100m', '1.5Gi', '12e6', '-0.25', '1E', '+.5Ki', '9223372036854775807', '1e-9', '0.000000001n']),
      fc.tuple(fc.double(), fc.constantFrom('', 'm', 'Ki', 'E', 'e9', 'n')).map(([number, end]) => `${number}${end}`),
    ),
    run(text) {
      const canonical = canonicalQuantity(text)
      assert.equal(canonicalQuantity(canonical), canonical)
      const { nanos } = parseQuantity(text)
      assert.equal(parseQuantity(canonical).nanos, nanos)
      assert.equal(parseQuantity(quantityText(parseQuantity(text))).nanos, nanos)
    },
  },
  {
    name: 'JSONPath',
    inputs: changedText([
      '.status.conditions[?(@.type=="Ready")].status',
      '{.items[0:3:2].a..b}',
      "$['a','b'][*]",
      '.a[-1]',
      '[?(@.x>1)]',
    ]),
    run: (text) => void parseJsonPath(text).find({ a: [{ b: 1 }, 2], status: { conditions: [{ type: 'Ready' }] } }),
  },
  {
    name: 'CEL',
    inputs: changedText(expressions.filter(small)),
    run(text) {
      const compiled = environment.compile(refs(text))
      if (!compiled.ok) return
      const { min, max } = compiled.estimate()
      assert.ok(min <= max)
      const program = compiled.program()
      if ('problem' in program) return
      const bindings = { self: selfValue, oldSelf: selfValue, x: selfValue }
      const { cost } = program.evaluate(bindings, { costMax: 100_000 })
      assert.ok(cost >= 0)
    },
  },
  { name: 'schemas', ...createSchemaChecks() },
  {
    name: 'small texts',
    refusals: /^time: |^error parsing regexp: /,
    inputs: fc.tuple(
      fc.nat(3),
      changedText([
        '1h2m3.5s',
        '-1ns',
        '2026-01-01T00:00:00.123456789+01:30',
        '^[a-z]{1,3}(?:x|y)*$',
        '(?i)a\\d\\p{L}[^[:alpha:]]',
      ]),
    ),
    run: ([which, text]) => {
      if (which === 0) parseDuration(text)
      else if (which === 1) instantOfTime(text)
      else if (which === 2) goRegex(text).matches('abcxyz1')
      else routeOf(`/${text}`)
    },
  },
  {
    name: 'certificate requests',
    refusals: /^asn1: |PEM|certificate request/,
    inputs: changedBytes([Buffer.from(certificateRequest, 'base64')]).map((bytes) => {
      const base64 = Buffer.from(bytes).toString('base64')
      return Buffer.from(
        `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`,
      ).toString('base64')
    }),
    run: (text) => void readCertificateRequest(text),
  },
  { name: 'SPDY frames', inputs: changedBytes(spdyBytes), run: fuzzSpdy },
  { name: 'HTTP/2 frames', inputs: changedBytes(http2Bytes), run: fuzzHttp2 },
  { name: 'WebSocket frames', inputs: changedBytes(webSocketBytes), run: fuzzWebSocket },
]

/** Members in the order of their names, so that texts can be compared. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  )
}

/** What a change comes to, having seen that the document itself stays as it was. */
function unharmed(document: unknown, change: (document: unknown) => unknown): unknown {
  const before = JSON.stringify(document)
  try {
    return change(document)
  } finally {
    assert.equal(JSON.stringify(document), before)
  }
}

const builtIn: ReadonlySet<unknown> = new Set([
  Error,
  TypeError,
  RangeError,
  ReferenceError,
  SyntaxError,
  EvalError,
  URIError,
])

/** Whether an error is one of ours, made to refuse an input, rather than a crash. */
export function isRefusal({ refusals }: Target, error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof assert.AssertionError) return false
  return !builtIn.has(error.constructor) || refusals?.test(error.message) === true
}
