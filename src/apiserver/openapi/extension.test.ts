import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sectionBeside, sectionOfExtension } from './extension.ts'

const ref = (name: string) => ({ $ref: `#/definitions/${name}` })

test('of an extension server only what is about its group version is taken, and what that needs', () => {
  const section = sectionOfExtension(
    {
      paths: {
        '/apis/example.com/v1/things': { get: { responses: { 200: { schema: ref('ThingList') } } } },
        '/apis/example.com/v10/things': { get: {} },
        '/apis/other.com/v1/things': { get: { schema: ref('Other') } },
        '/version/': { get: {} },
      },
      definitions: {
        ThingList: { properties: { items: { items: ref('Thing') } } },
        Thing: { properties: { next: ref('Thing'), gone: ref('Missing') } },
        Other: {},
      },
    },
    'example.com',
    'v1',
  )
  assert.deepEqual(Object.keys(section.paths), ['/apis/example.com/v1/things'])
  assert.deepEqual(Object.keys(section.definitions).sort(), ['Thing', 'ThingList'])
  assert.deepEqual(sectionOfExtension({}, 'a', 'v1'), { paths: {}, definitions: {} })
})

test('equal definitions are shared, and different ones of a name are told apart', () => {
  const section = {
    paths: { '/p': { schema: ref('A'), also: [ref('B')] } },
    definitions: { A: { type: 'object', of: ref('B') }, B: { type: 'string' } },
  } as never
  assert.equal(sectionBeside(section, { A: { type: 'object', of: ref('B') } } as never), section)
  const beside = sectionBeside(section, { B: { type: 'integer' }, B_v2: { type: 'number' } } as never)
  assert.deepEqual(beside, {
    paths: { '/p': { schema: ref('A'), also: [ref('B_v3')] } },
    definitions: { A: { type: 'object', of: ref('B_v3') }, B_v3: { type: 'string' } },
  })
})
