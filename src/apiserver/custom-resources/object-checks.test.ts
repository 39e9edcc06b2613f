import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectChecks } from './object-checks.ts'

const object = (spec: unknown): any => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'x', namespace: 'default' },
  spec,
})
const texts = (errors: readonly { readonly field: string; readonly message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)

test('rules are not asked of an object that has a value outside its enumeration', () => {
  const schema: any = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { mode: { type: 'string', enum: ['a', 'b'] } } } },
  }
  let asked = 0
  const check = () => {
    asked += 1
    return []
  }
  const checks = objectChecks({ namespaced: true, schema, rules: { check } as never })
  assert.deepEqual(texts(checks.create(object({ mode: 'c' }))), [
    'spec.mode: Unsupported value: "c": supported values: "a", "b"',
    '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  ])
  assert.equal(asked, 0)
  assert.deepEqual(checks.create(object({ mode: 'a' })), [])
  assert.equal(asked, 1)
})

test('what stands where a scale wants a number is printed as Go prints it', () => {
  const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' }
  const checks = objectChecks({ namespaced: true, schema: { type: 'object' }, rules: undefined, scale })
  assert.deepEqual(texts(checks.create(object({ replicas: ['a', true, { b: null }] }))), [
    '.spec.replicas: Invalid value: 0: .spec.replicas accessor error: [a true map[b:<nil>]] is of the type []interface {}, expected int64',
  ])
})
