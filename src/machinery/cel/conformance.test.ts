/**
 * The conformance cases of the CEL specification. What Kubernetes does not enable is named below, with why; everything
 * else has to pass.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tests } from '@bufbuild/cel-spec/testdata/conformance.js'
import { kubernetesEnvironment } from './kubernetes/environment.ts'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  stringType,
  timestampType,
  typeOf,
  uintType,
} from './types/type.ts'
import { equal } from './values/equal.ts'
import { mapFrom } from './values/map.ts'
import { runtimeType } from './values/runtime-type.ts'
import { tryDuration, tryTimestamp } from './values/time.ts'
import { CelError, Double, elementsOf, intOf, isList, MapValue, Optional, Uint, type Value } from './values/value.ts'

interface Case {
  readonly name?: string
  readonly expr: string
  readonly container?: string
  readonly disableCheck?: boolean
  readonly disableMacros?: boolean
  readonly checkOnly?: boolean
  readonly typeEnv?: readonly any[]
  readonly bindings?: Readonly<Record<string, any>>
  readonly value?: any
  readonly evalError?: unknown
  readonly typedResult?: any
}
interface Suite {
  readonly name: string
  readonly tests?: readonly { readonly original: Case }[]
  readonly suites?: readonly Suite[]
}

/** Why a case is about something Kubernetes does not have. */
class NotEnabled extends Error {}

const primitives: Readonly<Record<string, CelType>> = {
  BOOL: boolType,
  INT64: intType,
  UINT64: uintType,
  DOUBLE: doubleType,
  STRING: stringType,
  BYTES: bytesType,
}

function typeFrom(type: any): CelType {
  if ('dyn' in type) return dynType
  if ('null' in type) return nullType
  if ('primitive' in type) return primitives[type.primitive]!
  if ('listType' in type) return listOf(typeFrom(type.listType.elemType ?? { dyn: {} }))
  if ('mapType' in type) return mapOf(typeFrom(type.mapType.keyType), typeFrom(type.mapType.valueType))
  if ('type' in type) return typeOf(typeFrom(type.type))
  if (type.wellKnown === 'TIMESTAMP') return timestampType
  if (type.wellKnown === 'DURATION') return durationType
  if (type.abstractType?.name === 'optional_type') return optionalOf(typeFrom(type.abstractType.parameterTypes[0]))
  throw new NotEnabled('protobuf messages and wrappers')
}

const doubles: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

function valueFrom(value: any): Value {
  if ('nullValue' in value) return null
  if ('boolValue' in value) return value.boolValue
  if ('stringValue' in value) return value.stringValue
  if ('int64Value' in value) return intOf(BigInt(value.int64Value))
  if ('uint64Value' in value) return new Uint(BigInt(value.uint64Value))
  if ('doubleValue' in value) return new Double(doubles[value.doubleValue] ?? Number(value.doubleValue))
  if ('bytesValue' in value) return new Uint8Array(Buffer.from(value.bytesValue, 'base64'))
  if ('listValue' in value) return (value.listValue.values ?? []).map(valueFrom)
  if ('mapValue' in value) {
    return mapFrom((value.mapValue.entries ?? []).map(({ key, value }: any) => [valueFrom(key), valueFrom(value)]))
  }
  const { objectValue } = value
  if (objectValue?.['@type']?.endsWith('google.protobuf.Timestamp')) return tryTimestamp(objectValue.value)!
  if (objectValue?.['@type']?.endsWith('google.protobuf.Duration')) return tryDuration(objectValue.value)!
  throw new NotEnabled('protobuf messages and enums')
}

/** As equal as a test wants: kinds count, and NaN is NaN. */
function same(left: Value, right: Value): boolean {
  if (left instanceof Double && right instanceof Double)
    return Object.is(left.value, right.value) || left.value === right.value
  if (isList(left) && isList(right)) {
    const [one, other] = [elementsOf(left), elementsOf(right)]
    return one.length === other.length && one.every((element, at) => same(element, other[at]!))
  }
  if (left instanceof MapValue && right instanceof MapValue) {
    return (
      left.size === right.size && left.keys().every((key) => same(left.find(key)!, right.find(key) ?? new CelError('')))
    )
  }
  return runtimeType(left) === runtimeType(right) && equal(left, right) === true
}

function run(given: Case): string | undefined {
  const variables: Record<string, CelType> = {}
  for (const [name] of Object.entries(given.bindings ?? {})) variables[name] = dynType
  for (const { name, ident } of given.typeEnv ?? []) {
    if (ident === undefined) throw new NotEnabled('functions declared by the test')
    variables[name] = typeFrom(ident.type)
  }
  const bindings = Object.fromEntries(
    Object.entries(given.bindings ?? {}).map(([name, { value }]) => [name, valueFrom(value)]),
  )
  const expected =
    given.value === undefined
      ? given.typedResult?.result && valueFrom(given.typedResult.result)
      : valueFrom(given.value)
  const compiled = kubernetesEnvironment.extend({ variables }).compile(given.expr)
  if (!compiled.ok) return given.evalError === undefined ? compiled.issues : undefined
  if (given.typedResult?.deducedType !== undefined) {
    const type = typeFrom(given.typedResult.deducedType)
    if (type.text !== compiled.type.text) return `type ${compiled.type.text} instead of ${type.text}`
    if (given.checkOnly === true) return undefined
  }
  const program = compiled.program()
  if ('problem' in program) return given.evalError === undefined ? program.problem : undefined
  const outcome = program.evaluate(bindings, { costMax: Number.POSITIVE_INFINITY })
  if (!outcome.ok) return given.evalError === undefined ? outcome.message : undefined
  if (given.evalError !== undefined) return 'no error'
  const wanted = expected === undefined ? true : expected
  const got = outcome.value instanceof Optional ? (outcome.value.value ?? null) : outcome.value
  return same(got, wanted)
    ? undefined
    : `value ${JSON.stringify(got, (_, part) => (typeof part === 'bigint' ? String(part) : part))}`
}

function* casesOf(suite: Suite, path: string): Generator<readonly [string, Case]> {
  for (const { original } of suite.tests ?? []) yield [`${path}/${original.name ?? original.expr}`, original]
  for (const inner of suite.suites ?? []) yield* casesOf(inner, `${path}/${inner.name}`)
}

/** Cases by why they are not for Kubernetes. */
const notEnabled = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../test/fixtures/cel/not-enabled.json'), 'utf8'),
) as Readonly<Record<string, readonly string[]>>

test('every case of the specification passes but those of what Kubernetes does not enable', (context) => {
  const listed = new Set(Object.values(notEnabled).flat())
  const problems: string[] = []
  const seen = new Set<string>()
  let passed = 0
  for (const [name, given] of casesOf(tests as unknown as Suite, '')) {
    let problem: string | undefined
    try {
      problem = run(given)
    } catch (error) {
      if (!(error instanceof NotEnabled)) throw error
      problem = error.message
    }
    if (problem === undefined) passed++
    seen.add(name)
    if ((problem === undefined) === listed.has(name)) problems.push(`${name}: ${problem ?? 'passes although listed'}`)
  }
  for (const name of listed) if (!seen.has(name)) problems.push(`${name}: listed, but no such case`)
  context.diagnostic(`${passed} cases pass`)
  for (const [reason, names] of Object.entries(notEnabled)) context.diagnostic(`${names.length} cases: ${reason}`)
  assert.deepEqual(problems, [])
})
