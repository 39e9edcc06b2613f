/**
 * Every line of the fixture is an expression with what Kubernetes makes of it: issues, type, estimated cost, value or
 * error, and cost.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kubernetesEnvironment } from './kubernetes/environment.ts'
import { declTypeOf, sizesOf, structsOf } from './schema/decl-type.ts'
import { jsonValue } from './schema/json-values.ts'
import type { CelSchema } from './schema/schema.ts'
import { adapterOf } from './schema/typed-values.ts'
import {
  boolType,
  bytesType,
  CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  mapOf,
  optionalOf,
  stringType,
  timestampType,
  uintType,
} from './types/type.ts'
import { doubleText } from './values/text.ts'
import { timestampText } from './values/time.ts'
import {
  CelError,
  Double,
  Duration,
  elementsOf,
  isList,
  MapValue,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from './values/value.ts'

interface Case {
  readonly expr: string
  readonly schema?: CelSchema
  readonly root?: boolean
  readonly self?: unknown
  readonly oldSelf?: unknown
  readonly vars?: Readonly<Record<string, string>>
  readonly vals?: Readonly<Record<string, unknown>>
  readonly limit?: number
  readonly want: Readonly<Record<string, string>>
}

const types: Readonly<Record<string, CelType>> = {
  int: intType,
  uint: uintType,
  string: stringType,
  bool: boolType,
  double: doubleType,
  bytes: bytesType,
  dyn: dynType,
  timestamp: timestampType,
  duration: durationType,
  'list(int)': listOf(intType),
  'list(string)': listOf(stringType),
  'list(double)': listOf(doubleType),
  'list(dyn)': listOf(dynType),
  'map(string,dyn)': mapOf(stringType, dynType),
  'map(string,string)': mapOf(stringType, stringType),
  'map(string,int)': mapOf(stringType, intType),
  'optional(string)': optionalOf(stringType),
}
const objectNames: Readonly<Record<string, string>> = {
  'net.IP': 'ip',
  'net.CIDR': 'cidr',
  'kubernetes.Quantity': 'quantity',
  'kubernetes.URL': 'url',
  'kubernetes.Semver': 'semver',
}

function show(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'bigint') return `int(${value})`
  if (value === null || typeof value === 'boolean') return String(value)
  if (value instanceof Uint) return `uint(${value.value})`
  if (value instanceof Double) return `double(${doubleText(value.value)})`
  if (value instanceof Uint8Array) return `bytes(${Buffer.from(value).toString('hex')})`
  if (value instanceof Timestamp) return `timestamp(${timestampText(value)})`
  if (value instanceof Duration) return `duration(${value.nanos}ns)`
  if (value instanceof Optional) return value.value === undefined ? 'optional.none' : `optional(${show(value.value)})`
  if (value instanceof CelError) return `error(${value.message})`
  if (value instanceof CelType) return `type(${value.name})`
  if (isList(value)) return `[${elementsOf(value).map(show).join(', ')}]`
  if (value instanceof MapValue) {
    const entries = value.keys().map((key) => `${show(key)}: ${show(value.find(key)!)}`)
    return `{${entries.toSorted().join(', ')}}`
  }
  const name = objectNames[value.type.name]
  return name === undefined ? value.type.name : `${name}(${(value as unknown as { text: string }).text})`
}

/** Beyond exact numbers, a billionth is near enough. */
const near = (left: string | undefined, right: string | undefined): boolean =>
  left === right || Math.abs(Number(left) - Number(right)) <= 1e-9 * Number(right)

function evaluated(given: Case): Record<string, string> {
  const variables: Record<string, CelType> = {}
  const bindings: Record<string, Value> = {}
  for (const [name, type] of Object.entries(given.vars ?? {})) {
    variables[name] = types[type]!
    if (given.vals !== undefined && name in given.vals) bindings[name] = jsonValue(given.vals[name])
  }
  let environment = kubernetesEnvironment
  let sizeOf: Parameters<typeof sizesOf>[0] | undefined
  if (given.schema !== undefined) {
    const resourceRoot = given.root === true
    sizeOf = declTypeOf(given.schema, 'selfType', { resourceRoot })!
    variables['self'] = variables['oldSelf'] = sizeOf.type
    environment = environment.extend({ structs: structsOf([sizeOf]) })
    const adapt = adapterOf(given.schema, { resourceRoot })
    for (const name of ['self', 'oldSelf'] as const) if (name in given) bindings[name] = adapt(given[name])
  }
  const compiled = environment.extend({ variables }).compile(given.expr)
  if (!compiled.ok) return { issues: compiled.issues }
  const sizes = sizeOf && sizesOf(sizeOf)
  const range = compiled.estimate((node) =>
    ['self', 'oldSelf'].includes(node.path?.[0] ?? '') ? sizes?.(node) : undefined,
  )
  const known = { type: compiled.type.text, min: String(range.min), max: String(range.max) }
  const program = compiled.program()
  if ('problem' in program) return { ...known, program: program.problem }
  const outcome = program.evaluate(bindings, { costMax: given.limit ?? 1_000_000 })
  const cost = String(outcome.cost)
  return outcome.ok
    ? { ...known, value: show(outcome.value), cost }
    : { ...known, err: outcome.message, ...(outcome.overBudget ? {} : { cost }) }
}

const lines = readFileSync(join(import.meta.dirname, '../../../test/fixtures/cel/expressions.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')

test('expressions mean, cost and fail as in Kubernetes', () => {
  const problems: unknown[] = []
  for (const line of lines) {
    const given = JSON.parse(line) as Case
    const want: Record<string, string> = { ...given.want }
    const got = evaluated(given)
    for (const bound of ['min', 'max']) {
      if (bound in got && near(got[bound], want[bound])) got[bound] = want[bound]!
    }
    if (want['err']?.includes('cost limit') === true) delete want['cost']
    try {
      assert.deepEqual(got, want)
    } catch {
      problems.push({ expression: given.expr, got, want })
    }
  }
  assert.deepEqual(problems, [])
})
