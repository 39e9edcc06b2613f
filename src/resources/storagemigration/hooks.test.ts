import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storageVersions } from '../apiserverinternal/definitions.ts'
import { storageVersionMigrations } from './definitions.ts'

const texts = (errors: readonly { field: string; message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)
const time = '2026-01-01T00:00:00Z'
const label =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

const migration = (resource: object, status: object = {}): any => ({
  metadata: { name: 'm', resourceVersion: '1' },
  spec: { resource },
  status,
})
const condition = (type: string, status = 'True') => ({ type, status, reason: 'R', lastTransitionTime: time })

test('a migration names a resource, which stays', () => {
  const cases: readonly (readonly [object, readonly string[]])[] = [
    [{ group: 'apps', resource: 'deployments' }, []],
    [{ group: '', resource: 'pods' }, []],
    [{}, ['spec.resource.resource: Required value: resource is required to be set']],
    [{ group: 'apps', resource: 'Pods' }, [`spec.resource.resource: Invalid value: "Pods": ${label}`]],
  ]
  for (const [resource, errors] of cases)
    assert.deepEqual(texts(storageVersionMigrations.validate(migration(resource))), errors)
  assert.match(
    texts(storageVersionMigrations.validate(migration({ group: 'A_b', resource: 'pods' })))[0]!,
    /^spec.resource.group: Invalid value: "A_b": a lowercase RFC 1123 subdomain/,
  )
  const errors = storageVersionMigrations.validateUpdate(
    migration({ group: '', resource: 'pods' }),
    migration({ group: '', resource: 'nodes' }),
  )
  assert.match(texts(errors)[0]!, /^spec: Invalid value: .*: field is immutable$/)
})

test('what a migration has come to stays, and its revision is one', () => {
  const of = { group: '', resource: 'pods' }
  const cases: readonly (readonly [object, object, readonly string[]])[] = [
    [{}, { resourceVersion: '12', conditions: [condition('Running')] }, []],
    [
      {},
      { resourceVersion: '012' },
      ['status.resourceVersion: Invalid value: "012": resource version is not well formed: 012'],
    ],
    [
      { resourceVersion: '1' },
      { resourceVersion: '2' },
      ['status.resourceVersion: Invalid value: "2": field is immutable'],
    ],
    [
      {},
      { conditions: [{ type: 'Running', status: 'Maybe', reason: '' }] },
      [
        'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
        'status.conditions[0].lastTransitionTime: Required value',
        'status.conditions[0].reason: Required value',
      ],
    ],
    [
      {},
      { conditions: [condition('A'), condition('A', 'False')] },
      ['status.conditions[1].type: Duplicate value: "A"'],
    ],
  ]
  for (const [before, after, errors] of cases)
    assert.deepEqual(
      texts(storageVersionMigrations.validateStatusUpdate(migration(of, after), migration(of, before))),
      errors,
    )
  const ends = texts(
    storageVersionMigrations.validateStatusUpdate(
      migration(of, { conditions: [condition('Failed')] }),
      migration(of, { conditions: [condition('Succeeded')] }),
    ),
  )
  assert.match(ends[0]!, /: Success condition cannot be set to false once it is true$/)
})

test('what servers say of their storage fits together', () => {
  const server = {
    apiServerID: 'a',
    encodingVersion: 'apps/v1',
    decodableVersions: ['apps/v1'],
    servedVersions: ['apps/v1'],
  }
  const of = (status: object): any => ({ metadata: { name: 'apps.deployments' }, spec: {}, status })
  const set = { type: 'AllEncodingVersionsEqual', status: 'True', reason: 'R', message: 'M', lastTransitionTime: time }
  const cases: readonly (readonly [object, readonly string[]])[] = [
    [{ storageVersions: [server], commonEncodingVersion: 'apps/v1', conditions: [set] }, []],
    [
      { storageVersions: [server] },
      ['status.commonEncodingVersion: Invalid value: null: the common encoding version is apps/v1'],
    ],
    [
      { commonEncodingVersion: 'v1' },
      [
        'status.commonEncodingVersion: Invalid value: "v1": should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet',
      ],
    ],
    [
      { storageVersions: [server, server], commonEncodingVersion: 'apps/v1' },
      ['status.storageVersions[1].apiServerID: Duplicate value: "a"'],
    ],
    [
      {
        storageVersions: [{ ...server, decodableVersions: ['v2'], servedVersions: ['v3'] }],
        commonEncodingVersion: 'apps/v1',
      },
      [
        'status.storageVersions[0].decodableVersions: Invalid value: ["v2"]: decodableVersions must include encodingVersion apps/v1',
        'status.storageVersions[0].servedVersions[0]: Invalid value: "v3": individual served version : v3 must be included in decodableVersions : [v2]',
      ],
    ],
    [
      { conditions: [{ ...set, reason: '' }, set] },
      [
        'status[0].reason: Required value',
        'status[1].type: Invalid value: "AllEncodingVersionsEqual": the type of the condition is not unique, it also appears in conditions[0]',
      ],
    ],
  ]
  for (const [status, errors] of cases)
    assert.deepEqual(texts(storageVersions.validateStatusUpdate(of(status), of({}))), errors)
  const named = (name: string) => texts(storageVersions.validate({ metadata: { name }, spec: {} } as any))
  assert.deepEqual(named('apps'), [
    'metadata.name: Invalid value: "apps": name must be in the form of <group>.<resource>',
  ])
  assert.match(named('apps.Pods')[0]!, /: the resource segment a DNS-1035 label/)
})
