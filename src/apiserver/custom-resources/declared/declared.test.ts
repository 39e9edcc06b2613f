import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAuthority } from '../../../cluster/certificates/authority.ts'
import { defaultGates, gatedDefinition } from '../../../resources/index.ts'
import { KindLoader } from '../load.ts'

interface Declared {
  readonly schema: object
  readonly status?: true
  readonly conversion?: object
  readonly established?: true
}
interface Case {
  readonly name: string
  readonly declared: Declared
  readonly before?: Declared
  readonly errors: readonly string[]
}
const file = join(import.meta.dirname, '../../../../test/fixtures/validation-of-declarations.json')
const authority = Buffer.from(createAuthority('ca', Date.UTC(2026, 0, 1), 3650).cert).toString('base64')
const cases = JSON.parse(readFileSync(file, 'utf8').replaceAll('<authority>', authority)) as readonly Case[]

const names = { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' }
const crdOf = ({ schema, status, conversion, established }: Declared) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    ...{ group: 'example.com', scope: 'Namespaced', names },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } },
        ...(status === undefined ? {} : { subresources: { status: {} } }),
      },
    ],
    ...(conversion === undefined ? {} : { conversion }),
  },
  status: {
    storedVersions: ['v1'],
    acceptedNames: { plural: '', kind: '' },
    conditions: established === true ? [{ type: 'Established', status: 'True', reason: '', message: '' }] : [],
  },
})

const loader = new KindLoader({ converterOf: () => ({}) as never })
const definition = gatedDefinition(loader.definition, defaultGates)
const rules = [{ rule: 'true' }]
await definition.loadAhead?.(crdOf({ schema: { type: 'object', 'x-kubernetes-validations': rules } }) as never)

function decoded(declared: Declared, revision?: string): any {
  const { object } = definition.schema.decode(crdOf(declared))
  definition.schema.applyDefaults(object, undefined)
  if (revision !== undefined) Object.assign(object.metadata as object, { resourceVersion: revision, generation: 1 })
  return object
}
const context = { nowMs: 0, uuid: () => '11111111-1111-4111-8111-111111111111' }

function errorsOf({ declared, before }: Case) {
  if (before !== undefined) {
    const [next, previous] = [decoded(declared, '5'), decoded(before, '5')]
    definition.prepareForUpdate!(next, previous, context as never)
    return definition.validateUpdate!(next, previous)
  }
  const made = decoded(declared)
  definition.prepareForCreate!(made, context as never)
  Object.assign(made.metadata, { uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' })
  return definition.validate!(made)
}

for (const one of cases)
  test(`of a declaration: ${one.name}`, () => {
    const told = errorsOf(one).map(({ field, message }) => `${field}: ${message}`)
    assert.deepEqual([...new Set(told)].sort(), [...one.errors].sort())
  })
