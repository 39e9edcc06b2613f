import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allResources, resourceFor } from '../registry.ts'
import { gatedDefinition } from './dropped-fields.ts'
import { chooseGates, defaultGates, type FeatureGates, gatesOfText } from './gates.ts'
import { chooseServed, runtimeConfigOfText } from './served.ts'

const choose = (text: string): FeatureGates | string => {
  const read = gatesOfText(text)
  if ('problem' in read) return read.problem
  const made = chooseGates(read.chosen)
  return 'problem' in made ? made.problem : made.gates
}
const gatesOf = (text: string) => choose(text) as FeatureGates

test('gates that cannot be set so are refused in the words of Kubernetes', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Unheard=true', 'unrecognized feature gate: Unheard'],
    ['ImageVolume=false', 'cannot set feature gate ImageVolume to false, feature is locked to true'],
    ['EnvFiles', 'missing bool value for EnvFiles'],
    ['EnvFiles=yes', 'invalid value of EnvFiles=yes, err: strconv.ParseBool: parsing "yes": invalid syntax'],
    ['GangScheduling=true', 'GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]'],
    [
      'ImageVolume=false,NodeSwap=0',
      '[cannot set feature gate ImageVolume to false, feature is locked to true, cannot set feature gate NodeSwap to false, feature is locked to true]',
    ],
  ]
  for (const [text, problem] of cases) assert.equal(choose(text), problem)
})

test('a gate is as v1.36 has it, as its stage is set, or as it is set itself', () => {
  const state = (text: string, name: string) => gatesOf(text).enabled(name)
  assert.equal(defaultGates.enabled('EnvFiles'), true)
  assert.equal(defaultGates.enabled('ClusterTrustBundle'), false)
  assert.equal(defaultGates.enabled('StorageNamespaceIndex'), true)
  assert.equal(state('AllBeta=true', 'ClusterTrustBundle'), true)
  assert.equal(
    state('AllBeta=true,ClusterTrustBundle=false,ClusterTrustBundleProjection=false', 'ClusterTrustBundle'),
    false,
  )
  assert.equal(state('kube:ClusterTrustBundle=true', 'ClusterTrustBundle'), true)
  assert.deepEqual(
    defaultGates.all.find(({ name }) => name === 'GenericWorkload'),
    { name: 'GenericWorkload', stage: 'ALPHA', enabled: false },
  )
})

const served = (config: string, gates = defaultGates): readonly string[] | string => {
  const made = chooseServed(runtimeConfigOfText(config), gates)
  return 'problem' in made ? made.problem : made.served.map((one) => `${one.group}/${one.version}/${one.plural}`)
}

test('by default what v1.36 serves by default is served', () => {
  const usual = allResources
    .filter((one) => one.servedByDefault)
    .map((one) => `${one.group}/${one.version}/${one.plural}`)
  assert.deepEqual(served(''), usual)
})

test('versions and resources are switched from the whole to the single', () => {
  const has = (config: string, path: string, gates?: FeatureGates) => served(config, gates).includes(path)
  const bundles = 'certificates.k8s.io/v1beta1/clustertrustbundles'
  assert.equal(has('api/beta=true', 'networking.k8s.io/v1beta1/ipaddresses'), true)
  assert.equal(has('api/beta=true', bundles), false)
  assert.equal(has('api/beta=true', bundles, gatesOf('ClusterTrustBundle=true')), true)
  assert.equal(
    has('certificates.k8s.io/v1beta1/clustertrustbundles=true', bundles, gatesOf('ClusterTrustBundle=true')),
    true,
  )
  assert.equal(has('api/all=true', 'internal.apiserver.k8s.io/v1alpha1/storageversions'), true)
  assert.equal(has('internal.apiserver.k8s.io/v1alpha1', 'internal.apiserver.k8s.io/v1alpha1/storageversions'), true)
  assert.equal(has('apps/v1=false', 'apps/v1/deployments'), false)
  assert.equal(has('apps/v1=false,apps/v1/deployments=true', 'apps/v1/deployments'), true)
  assert.equal(has('api/all=true,resource.k8s.io/v1beta1=false', 'resource.k8s.io/v1beta1/deviceclasses'), false)
})

test('a runtime configuration that cannot be is refused in the words of Kubernetes', () => {
  assert.equal(served('api/all=false'), 'invalid runtime-config with only api/all=false')
  assert.equal(served('v1=true'), 'runtime-config invalid key v1')
  assert.equal(served('nothing.io/v1=true'), 'unknown api groups nothing.io/v1')
  assert.equal(served('apps/v7=true'), 'group version apps/v7 that has not been registered')
  assert.equal(
    served('apps/v1=maybe'),
    'invalid value of apps/v1: maybe, err: strconv.ParseBool: parsing "maybe": invalid syntax',
  )
  assert.equal(
    served('apps/v1/Deployments=true'),
    'invalid key apps/v1/Deployments: group/version/resource and resource is always lowercase plural, not "Deployments"',
  )
})

test('fields of features that are off are dropped, unless the object has them already', () => {
  const context = { nowMs: 0, uuid: () => 'u' }
  const sets = resourceFor({ group: 'apps', version: 'v1', resource: 'statefulsets' })!
  const gated = gatedDefinition(sets, defaultGates)
  const make = (maxUnavailable?: number) => ({
    metadata: { name: 's', generation: 1 },
    spec: {
      replicas: 1,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: maxUnavailable === undefined ? {} : { maxUnavailable } },
    },
  })
  const created: any = make(2)
  gated.prepareForCreate(created, context)
  assert.deepEqual(created.spec.updateStrategy.rollingUpdate, {})
  const updated: any = make(2)
  gated.prepareForUpdate(updated, make() as any, context)
  assert.deepEqual(updated.spec.updateStrategy.rollingUpdate, {})
  assert.equal(updated.metadata.generation, 1, 'nothing is left that changed')
  const kept: any = make(3)
  gated.prepareForUpdate(kept, make(2) as any, context)
  assert.deepEqual(kept.spec.updateStrategy.rollingUpdate, { maxUnavailable: 3 })
  const on: any = make(2)
  gatedDefinition(sets, gatesOf('MaxUnavailableStatefulSet=true')).prepareForCreate(on, context)
  assert.deepEqual(on.spec.updateStrategy.rollingUpdate, { maxUnavailable: 2 })
})

test('fields deep in lists are dropped, and a reference into another namespace goes as a whole', () => {
  const context = { nowMs: 0, uuid: () => 'u' }
  const of = (resource: string) => gatedDefinition(resourceFor({ group: '', version: 'v1', resource })!, defaultGates)
  const pod: any = {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', lifecycle: { stopSignal: 'SIGTERM' } }], schedulingGroup: { podGroupName: 'g' } },
  }
  of('pods').prepareForCreate(pod, context)
  assert.deepEqual(pod.spec.containers, [{ name: 'c', lifecycle: {} }])
  assert.equal(pod.spec.schedulingGroup, undefined)
  const claim = (namespace?: string): any => ({
    metadata: { name: 'c' },
    spec: { dataSourceRef: { kind: 'VolumeSnapshot', name: 's', ...(namespace === undefined ? {} : { namespace }) } },
  })
  const [abroad, home] = [claim('elsewhere'), claim()]
  of('persistentvolumeclaims').prepareForCreate(abroad, context)
  of('persistentvolumeclaims').prepareForCreate(home, context)
  assert.equal(abroad.spec.dataSourceRef, undefined)
  assert.deepEqual(home.spec.dataSourceRef, { kind: 'VolumeSnapshot', name: 's' })
})

test('what an object may say goes by the features of the server it is written to', () => {
  const judge = (kind: string, body: object, chosen: Record<string, boolean>, previous?: object) => {
    const made = chooseGates(chosen)
    if ('problem' in made) throw new Error(made.problem)
    const found = allResources.find((one) => one.kind === kind && one.version === 'v1' && one.stored)!
    const definition = gatedDefinition(found, made.gates)
    const decoded = (json: any) => {
      const { object } = definition.schema.decode(structuredClone(json))
      definition.schema.applyDefaults(object, undefined)
      return object
    }
    const namespace = found.scope === 'Namespaced' ? { namespace: 'd' } : {}
    const metadata = {
      name: 'a',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...namespace,
    }
    const whole = (more: any) => decoded({ ...more, metadata: { ...metadata, ...more.metadata } })
    const errors =
      previous === undefined
        ? definition.validate(whole(body))
        : definition.validateUpdate(whole(body), whole(previous))
    return errors.map(({ field, message }) => `${field}: ${message}`)
  }
  const spec = (more: object) => ({ containers: [{ name: 'c', image: 'i', ...more }] })
  const comparing = (value: string) => ({
    spec: { ...spec({}), tolerations: [{ key: 'k', operator: 'Gt', value, effect: 'NoSchedule' }] },
  })
  const at = 'spec.tolerations[0]'
  assert.deepEqual(judge('Pod', comparing('5'), {}), [
    `${at}.operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"`,
  ])
  const numbers = { TaintTolerationComparisonOperators: true }
  assert.deepEqual(judge('Pod', comparing('5'), numbers), [])
  assert.deepEqual(judge('Pod', comparing('x'), numbers), [
    `${at}.value: Invalid value: "x": must be a valid decimal integer in canonical form`,
    `${at}.value: Invalid value: "x": strconv.ParseInt: parsing "x": invalid syntax`,
  ])
  const template = { metadata: { labels: { a: 'b' } }, ...comparing('5') }
  const set = { spec: { selector: { matchLabels: { a: 'b' } }, template } }
  assert.equal(judge('Deployment', set, {}).length, 1)
  assert.deepEqual(judge('Deployment', set, numbers), [])

  const own = { spec: { ...spec({}), hostUsers: false, hostNetwork: true } }
  assert.deepEqual(judge('Pod', own, {}), ['spec.hostNetwork: Forbidden: when `hostUsers` is false'])
  assert.deepEqual(judge('Pod', own, { UserNamespacesHostNetworkSupport: true }), [])

  const service = { metadata: { name: '1a' }, spec: { ports: [{ port: 1 }], clusterIP: 'None', clusterIPs: ['None'] } }
  assert.deepEqual(judge('Service', service, {}), [])
  assert.match(
    judge('Service', service, { RelaxedServiceNameValidation: false }).join(),
    /^metadata\.name: .*a DNS-1035 label/,
  )

  const onNode = (key: string) => ({
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/a' },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'Exists' }] }] },
      },
    },
  })
  assert.match(judge('PersistentVolume', onNode('x'), {}, onNode('y')).join(), /^nodeAffinity: .*immutable/)
  assert.deepEqual(judge('PersistentVolume', onNode('x'), { MutablePVNodeAffinity: true }, onNode('y')), [])

  const cost = { metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': 'x' } }, spec: spec({}) }
  assert.equal(judge('Pod', cost, {}).length, 1)
  assert.deepEqual(judge('Pod', cost, { PodDeletionCost: false }), [])
})
