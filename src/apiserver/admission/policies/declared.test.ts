import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { FieldError, KubeObject } from '../../../machinery/index.ts'
import { allResources, type ResourceDefinition } from '../../../resources/index.ts'
import { ExpressionKinds } from './kinds.ts'

interface Row {
  /** The object, and what it was before. */
  readonly objects: readonly [KubeObject, KubeObject?]
  /** Type, field and message of what Kubernetes finds in it. */
  readonly errors: readonly (readonly [string, string, string])[]
}
const fixture = new URL('../../../../test/fixtures/cel/declared-policies.jsonl', import.meta.url)
const rows: readonly Row[] = readFileSync(fixture, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

test("what is wrong with policies, bindings and webhooks, as Kubernetes' own tests have it", async () => {
  const kinds = new ExpressionKinds()
  const definitions = new Map<string, ResourceDefinition<any>>(
    allResources
      .filter(({ group, version }) => group === 'admissionregistration.k8s.io' && version === 'v1')
      .map((one) => [one.kind, kinds.complete(one)]),
  )
  for (const { objects, errors } of rows) {
    const [object, previous] = objects
    const definition = definitions.get(object.kind)!
    await definition.loadAhead?.(object)
    const found = previous === undefined ? definition.validate(object) : definition.validateUpdate(object, previous)
    // Whether metadata is right is no matter of these kinds.
    const told = found
      .filter(({ field }) => !field.startsWith('metadata'))
      .map(({ type, field, message }: FieldError) => `${type} ${field}: ${message}`)
    assert.deepEqual(told.sort(), errors.map(([type, field, message]) => `${type} ${field}: ${message}`).sort())
  }
})
