import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ExpressionKinds } from '../../src/apiserver/admission/policies/kinds.ts'
import { KindLoader } from '../../src/apiserver/custom-resources/load.ts'
import { allResources, chooseGates, customResourceDefinitions, gatedDefinition } from '../../src/resources/index.ts'

/** One change of the accepted object of a table, and what is said of it: nothing when it is accepted, too. */
interface Case {
  /** Where, step by step. */
  readonly path: readonly (string | number)[]
  readonly value?: unknown
  /** A text of so many letters. */
  readonly long?: number
  /** The member is taken away. */
  readonly remove?: true
  /** The item of a list is in it again. */
  readonly twice?: true
  readonly errors?: readonly string[]
}
interface Table {
  readonly accepted: any
  readonly create: readonly Case[]
  readonly update: readonly Case[]
  /** A status, and changes of it. */
  readonly observed?: object
  readonly status?: readonly Case[]
}

const folder = new URL('../fixtures/validation/', import.meta.url)
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
const words: Readonly<Record<string, string>> = read('words.json')
const gatesWith = (states: Readonly<Record<string, boolean>>) => {
  const chosen = chooseGates(states)
  if ('problem' in chosen) throw new Error(chosen.problem)
  return chosen.gates
}
const defaultGates = gatesWith({})
/** Kinds of features that are off by default are judged with all of them on. */
const groupGates = gatesWith({
  GenericWorkload: true,
  GangScheduling: true,
  TopologyAwareWorkloadScheduling: true,
  WorkloadAwarePreemption: true,
  DRAWorkloadResourceClaims: true,
})
// What only a server checks: expressions, and the schemas that declarations hold.
const expressionKinds = new ExpressionKinds()
const declaredKinds = new KindLoader({
  converterOf: () => {
    throw new Error('nothing is converted here')
  },
})
const context = { nowMs: 0, uuid: () => '11111111-1111-4111-8111-111111111111' }

function changed(accepted: object, { path, value, long, remove, twice }: Case): any {
  const object: any = structuredClone(accepted)
  const last = path.at(-1)!
  const holder = path.slice(0, -1).reduce((at, step) => at[step], object)
  if (twice) holder.push(structuredClone(holder[last]))
  else if (remove && Array.isArray(holder)) holder.splice(Number(last), 1)
  else if (remove) delete holder[last]
  else holder[last] = long === undefined ? value : 'a'.repeat(long)
  return object
}
const withWords = (text: string) =>
  text.replaceAll('<long>', 'a'.repeat(300)).replace(/<([a-z ]+)>/g, (whole, name) => words[name] ?? whole)
const existing = { uid: 'u', resourceVersion: '5', creationTimestamp: '2026-01-01T00:00:00Z', generation: 1 }

for (const file of readdirSync(folder).filter((name) => name !== 'words.json')) {
  const table: Table = read(file)
  // A kind may have tables of several states, as in `jobs.batch@stopped.json`.
  const [plural, ...group] = file.replace(/(?:@\w+)?\.json$/, '').split('.')
  const version = table.accepted.apiVersion.split('/').at(-1)
  const found = allResources.find(
    (one) => one.plural === plural && one.group === group.join('.') && one.version === version,
  )!
  const checked = found === customResourceDefinitions ? declaredKinds.definition : expressionKinds.complete(found)
  const gates = ['podgroups', 'workloads'].includes(plural!) ? groupGates : defaultGates
  const definition = gatedDefinition(checked, gates)
  const decoded = (json: any) => {
    const { object } = definition.schema.decode(json)
    definition.schema.applyDefaults(object, undefined)
    object.metadata ??= {}
    return object
  }
  const told = (errors: readonly { field: string; message: string }[]) =>
    [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))].sort()
  const wanted = ({ errors = [] }: Case) => errors.map(withWords).sort()

  test(`a ${table.accepted.kind} (${file.replace('.json', '')}) is accepted and refused as Kubernetes does`, async () => {
    await definition.loadAhead?.(structuredClone(table.accepted))
    const created = (json: any) => {
      const object = decoded(json)
      Object.assign(object.metadata, { uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' })
      definition.prepareForCreate(object, context)
      return told(definition.validate(object))
    }
    assert.deepEqual(created(structuredClone(table.accepted)), [], 'as it is')
    for (const one of table.create)
      assert.deepEqual(created(changed(table.accepted, one)), wanted(one), `create ${JSON.stringify(one)}`)

    const kept = { ...table.accepted, metadata: { ...table.accepted.metadata, ...existing } }
    for (const one of table.update) {
      const [next, previous] = [decoded(changed(kept, one)), decoded(structuredClone(kept))]
      definition.prepareForUpdate(next, previous, context)
      assert.deepEqual(told(definition.validateUpdate(next, previous)), wanted(one), `update ${JSON.stringify(one)}`)
    }

    const seen = { ...kept, status: table.observed }
    for (const one of table.status ?? []) {
      const [next, previous] = [decoded(changed(seen, one)), decoded(structuredClone(seen))]
      definition.prepareForStatusUpdate(next, previous, context)
      const found = told(definition.validateStatusUpdate(next, previous))
      assert.deepEqual(found, wanted(one), `status ${JSON.stringify(one)}`)
    }
  })
}

/** Kinds of which no table says what is accepted, and why. */
const withoutTable: Readonly<Record<string, string>> = {
  'selfsubjectreviews.authentication.k8s.io': 'answered, not kept',
  'tokenreviews.authentication.k8s.io': 'answered, not kept',
  'localsubjectaccessreviews.authorization.k8s.io': 'answered, not kept',
  'selfsubjectaccessreviews.authorization.k8s.io': 'answered, not kept',
  'selfsubjectrulesreviews.authorization.k8s.io': 'answered, not kept',
  'subjectaccessreviews.authorization.k8s.io': 'answered, not kept',
  bindings: 'answered, not kept',
  componentstatuses: 'read only',
  'storageversions.internal.apiserver.k8s.io': 'off by default',
  'podcertificaterequests.certificates.k8s.io': 'off by default',
  'resourcepoolstatusrequests.resource.k8s.io': 'off by default',
}

test('every kind has a table, but for those that are named with why', () => {
  const tables = new Set(readdirSync(folder).map((name) => name.replace(/(?:@\w+)?\.json$/, '')))
  const names = new Set(allResources.map(({ plural, group }) => (group === '' ? plural : `${plural}.${group}`)))
  const missing = [...names].filter((name) => !tables.has(name) && withoutTable[name] === undefined)
  assert.deepEqual(missing, [])
  const byDefault = allResources.filter(({ servedByDefault }) => servedByDefault)
  const misnamed = byDefault.filter(({ plural, group }) => withoutTable[`${plural}.${group}`] === 'off by default')
  assert.deepEqual(misnamed, [])
})
