import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { declaredErrors } from '../../src/apiserver/custom-resources/declared/declared.ts'
import {
  applySchemaDefaults,
  dropNulls,
  listTypeErrors,
  prune,
  schemaValueErrors,
} from '../../src/machinery/structural-schema/index.ts'
import { customResourceDefinitions } from '../../src/resources/index.ts'
import { bundle } from '../fixtures/crd-bundle.ts'
import { changedJson } from './inputs.ts'

const route = {
  parentRefs: [{ name: 'a', port: 1 }],
  hostnames: ['a.example'],
  rules: [
    {
      matches: [{ headers: [{ name: 'a', value: 'b' }] }],
      filters: [{ type: 'RequestMirror' }],
      backendRefs: [{ name: 'x' }],
    },
  ],
}
const issuer = {
  acme: {
    server: 'https://x',
    solvers: [{ podTemplate: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 1 }] }] } } }],
  },
  dnsNames: ['a', 'b'],
  duration: '1h',
}
const values = [route, issuer].map((spec) => ({ apiVersion: 'x/v1', kind: 'X', metadata: { name: 'x' }, spec }))
const schemas: readonly any[] = bundle
  .filter((_, index) => index % 9 === 0)
  .map(({ spec }) => spec.versions[1].schema.openAPIV3Schema)

/** Schemas of custom resources, changed and not, and values to hold against them. */
export function createSchemaChecks(): { readonly inputs: fc.Arbitrary<any>; run(input: any): void } {
  return {
    inputs: fc.tuple(fc.boolean(), fc.nat(schemas.length - 1), changedJson(schemas), changedJson(values)),
    run([changed, index, odd, value]) {
      const schema = changed ? declared(odd) : schemas[index]
      if (schema === undefined) return
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return
      prune(value, schema)
      dropNulls(value, schema)
      applySchemaDefaults(value, schema)
      const filled = JSON.stringify(value)
      applySchemaDefaults(value, schema)
      assert.equal(JSON.stringify(value), filled)
      schemaValueErrors(value, schema)
      listTypeErrors(value, schema)
    },
  }
}

/** The schema as a declaration brings it; none when that is refused: only what is declared well is held against values. */
function declared(schema: unknown): any {
  const body = structuredClone(bundle[0])
  body.spec.versions[1].schema.openAPIV3Schema = schema
  const { object } = customResourceDefinitions.schema.decode(body)
  customResourceDefinitions.schema.applyDefaults(object)
  customResourceDefinitions.prepareForCreate(object, { nowMs: 0, uuid: () => 'u' })
  if (declaredErrors(object, () => []).length > 0) return undefined
  return object.spec.versions[1].schema.openAPIV3Schema
}
