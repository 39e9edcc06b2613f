import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonSchema } from '../../../machinery/structural-schema/index.ts'
import { goodPlaces, schemaErrors } from '../declared/schema-checks.ts'
import { compileRules } from './compile-rules.ts'
import { declaredRuleErrors } from './declared-rules.ts'
import { schemaRules } from './rule-checks.ts'
import { ruleChecksOf } from './rules.ts'

const fixtures = join(import.meta.dirname, '../../../../test/fixtures/cel')
const linesOf = (name: string) =>
  readFileSync(join(fixtures, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

test('rules find what they find in Kubernetes, at the same cost', () => {
  const problems: unknown[] = []
  for (const given of linesOf('rules.jsonl')) {
    const { schema, obj, old, isRoot = false, ratchets = false, remaining, errors: wanted = [], ...limits } = given
    const rules = schemaRules(schema, { resourceRoot: isRoot })
    const result = rules!.check(obj, old, { ...limits, ratchets, path: 'root' })
    const errors = result.errors.map(({ field, message }) => `${field}: ${message}`).toSorted()
    try {
      assert.deepEqual({ errors, remaining: result.remaining }, { errors: wanted, remaining })
    } catch {
      problems.push({
        rules: schema['x-kubernetes-validations'],
        obj,
        errors,
        wanted,
        left: [result.remaining, remaining],
      })
    }
  }
  assert.deepEqual(problems, [])
})

test('rules compile, are refused and are estimated as in Kubernetes', () => {
  const problems: unknown[] = []
  for (const { schema, ...wanted } of linesOf('compiled-rules.jsonl')) {
    const outcomes = [true, false].map((resourceRoot) => {
      const { maxCost, problem, messageProblem } = compileRules(schema, { resourceRoot })![0]!
      return {
        maxCost,
        ...(problem === undefined ? {} : { problem }),
        ...(messageProblem === undefined ? {} : { messageProblem }),
      }
    })
    // The sample does not say whether its schema is the root of a resource.
    if (!outcomes.some((outcome) => JSON.stringify(outcome) === JSON.stringify(wanted)))
      problems.push({ outcomes, wanted })
  }
  assert.deepEqual(problems, [])
})

test('rules of a declaration are refused where Kubernetes refuses them', () => {
  const problems: unknown[] = []
  for (const { schema, errors: wanted } of linesOf('declared-rules.jsonl')) {
    const path = 'spec.validation.openAPIV3Schema'
    const all = { requireValidTypes: true, requireAtomicSets: true, requireMapKeys: true }
    const shape = schemaErrors(schema as JsonSchema, path, all)
    const found = [...shape, ...declaredRuleErrors(schema as JsonSchema, path, undefined, goodPlaces(shape))]
    const errors = found.map(({ field, message }) => `${field}: ${message}`)
    try {
      assert.deepEqual(errors.toSorted(), wanted)
    } catch {
      problems.push({ schema, errors: errors.toSorted(), wanted })
    }
  }
  assert.deepEqual(problems, [])
})

test('a rule that fails on a value that did not change warns', () => {
  const rules = ruleChecksOf({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { size: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self < 3' }] } },
      },
    },
  })!
  const object = (size: number, label = 'a') => ({
    apiVersion: 'example.com/v1',
    kind: 'Foo',
    metadata: { name: 'foo', uid: '1', resourceVersion: '1', creationTimestamp: '', labels: { label } },
    spec: { size },
  })
  const failed = 'Invalid value: 5: failed rule: self < 3'
  assert.deepEqual(rules.check(object(5), object(4)), [
    { type: 'FieldValueInvalid', field: 'spec.size', message: failed },
  ])
  assert.deepEqual(rules.check(object(5, 'b'), object(5)), [])
  assert.deepEqual(rules.warnings(object(5, 'b'), object(5)), [`spec.size: ${failed}`])
})
