/** The story of the undeletable namespace: from a rule of a role to a namespace that does not go, and back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingText } from '../../src/cli/why/finding.ts'
import { whyNamespace } from '../../src/cli/why/namespace.ts'
import { startCluster } from '../../src/index.ts'
import { conditionOf, isNotFound, manualClock, seededRandom } from '../../src/machinery/index.ts'
import {
  apiServices,
  configMaps,
  deployments,
  events,
  namespaces,
  nodes,
  pods,
  services,
} from '../../src/resources/index.ts'
import { drivenBy } from '../fixtures/driven.ts'

const group = 'things.example.com'
const answers = JSON.stringify({
  [`/apis/${group}/v1`]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: `${group}/v1`,
    resources: [
      {
        name: 'things',
        singularName: 'thing',
        namespaced: true,
        kind: 'Thing',
        verbs: ['get', 'list', 'delete', 'deletecollection'],
      },
    ],
  },
  [`/apis/${group}/v1/namespaces/*/things`]: {
    kind: 'ThingList',
    apiVersion: `${group}/v1`,
    metadata: { resourceVersion: '1' },
    items: [],
  },
})
const labels = { app: 'extension' }
const extension = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'extension', namespace: 'ext' },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels, annotations: { 'simulated.coxswain.io/answers': answers } },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': 'node-2' },
        containers: [{ name: 'server', image: 'extension:1' }],
      },
    },
  },
}
const role = 'cox-test-control-plane'

test('a rule is edited, and a namespace cannot go: each link says so, and the rule restored frees it', async () => {
  const clock = manualClock()
  const driven = drivenBy(clock)
  await using cluster = await driven.settled(startCluster({ nodes: 2, cloud: true, clock, random: seededRandom(7) }))
  const { client } = cluster
  const cloud = cluster.cloud!
  const create = (of: any, object: any) => driven.settled(client.create(of, object))
  const node = () => client.get(nodes, { name: 'node-2' })
  const apiService = () => client.get(apiServices, { name: `v1.${group}` })
  const goneOrNot = () =>
    client.get(namespaces, { name: 'team' }).catch((error) => (isNotFound(error) ? undefined : Promise.reject(error)))

  // Everything is well: the node is initialised, its range is routed, and the extension server answers.
  const ready = await driven.until(node, (one) => conditionOf(one, 'NetworkUnavailable')?.status === 'False')
  assert.equal(conditionOf(ready, 'NetworkUnavailable')?.reason, 'RouteCreated')
  for (const name of ['ext', 'team'])
    await create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await create(services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'extension', namespace: 'ext' },
    spec: { selector: labels, ports: [{ port: 443, targetPort: 8443 }] },
  })
  await create(deployments, extension)
  await create(apiServices, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1.${group}` },
    spec: {
      group,
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      insecureSkipTLSVerify: true,
      service: { namespace: 'ext', name: 'extension' },
    },
  })
  await driven.until(apiService, (one) => conditionOf(one, 'Available')?.status === 'True')

  // Somebody edits a rule of the role: nothing happens yet.
  const [before] = (await driven.settled(cloud.call('ram:ListRoles', {}))).filter(({ name }) => name === role)
  const freeze = { name: 'freeze', effect: 'deny' as const, actions: ['vpc:CreateRouteEntry'], resources: ['*'] }
  await driven.settled(cloud.call('ram:UpdateRole', { id: role, rules: [...before!.rules, freeze] }))
  await driven.pass(30)
  assert.equal(conditionOf(await driven.settled(node()), 'NetworkUnavailable')?.status, 'False')

  // The machine is switched off and on: its route led nowhere for a while, is taken away, and cannot be made anew.
  const machine = (await driven.settled(cloud.call('ecs:DescribeInstances', {}))).find(({ name }) => name === 'node-2')!
  await driven.settled(cloud.call('ecs:StopInstance', { id: machine.id }))
  await driven.pass(5)
  await driven.settled(cloud.call('ecs:StartInstance', { id: machine.id }))
  const cut = await driven.until(node, (one) => conditionOf(one, 'NetworkUnavailable')?.status === 'True')
  const range = cut.spec.podCIDR!
  const refusal = `Forbidden.RAM: role ${role} may not vpc:CreateRouteEntry on route/${range}: denied by rule "freeze" (deny vpc:CreateRouteEntry on *)`
  assert.deepEqual(
    [conditionOf(cut, 'NetworkUnavailable')?.reason, conditionOf(cut, 'NetworkUnavailable')?.message],
    ['NoRouteCreated', `RouteController failed to create a route: ${refusal}`],
  )
  await driven.until(node, ({ spec }) => spec.taints?.some(({ key }) => key.endsWith('network-unavailable')) === true)
  const told = await driven.until(
    () => client.list(events, { fieldSelector: 'involvedObject.name=node-2,reason=FailedToCreateRoute' }),
    ({ items }) => items.length > 0,
  )
  assert.ok(told.items[0]?.message?.endsWith(refusal), told.items[0]?.message)

  // The node is Ready and the pod as well; it is just that nobody reaches it.
  await driven.until(
    () => client.list(pods, { namespace: 'ext' }),
    ({ items }) => conditionOf(items[0]!, 'Ready')?.status === 'True' && conditionOf(cut, 'Ready')?.status === 'True',
  )
  const away = await driven.until(apiService, (one) => conditionOf(one, 'Available')?.status === 'False')
  assert.equal(conditionOf(away, 'Available')?.reason, 'FailedDiscoveryCheck')
  assert.match(conditionOf(away, 'Available')?.message ?? '', /no route to host$/)

  // A namespace that has nothing of the extension's does not go.
  await create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'some', namespace: 'team' } })
  await driven.settled(client.delete(namespaces, { name: 'team' }))
  const stuck = await driven.until(
    () => client.get(namespaces, { name: 'team' }),
    (one) => conditionOf(one, 'NamespaceDeletionDiscoveryFailure')?.status === 'True',
  )
  assert.equal(conditionOf(stuck, 'NamespaceDeletionDiscoveryFailure')?.reason, 'DiscoveryFailed')
  assert.match(conditionOf(stuck, 'NamespaceDeletionDiscoveryFailure')?.message ?? '', new RegExp(`${group}/v1`))
  await driven.pass(600)
  assert.equal((await driven.settled(goneOrNot()))?.status.phase, 'Terminating')

  // And it is explained down to the rule.
  const why = await driven.settled(whyNamespace({ client, nowMs: clock.now() }, 'team'))
  const text = findingText(why!)
  const links = [
    /^Namespace\/team has been going for 10 minutes, and cannot yet$/m,
    /^ +└ APIService\/v1.things.example.com does not answer for things.example.com\/v1/m,
    /^ +└ Service\/ext\/extension has one pod behind it$/m,
    /^ +└ Pod\/ext\/extension-\S+ runs on node-2 and is ready/m,
    /^ +└ Node\/node-2 cannot be reached by others: it has no route in the cloud's network$/m,
    /NetworkUnavailable=True for \d+ minutes: NoRouteCreated: .*denied by rule "freeze"/,
    /→ have the rule allow it: cox cloud role show cox-test-control-plane/,
  ]
  for (const link of links) assert.match(text, link, text)

  // The rule is restored, and everything comes right by itself.
  await driven.settled(cloud.call('ram:UpdateRole', { id: role, rules: before!.rules }))
  await driven.until(node, (one) => conditionOf(one, 'NetworkUnavailable')?.reason === 'RouteCreated', 30)
  await driven.until(node, ({ spec }) => !spec.taints?.some(({ key }) => key.endsWith('network-unavailable')), 30)
  await driven.until(apiService, (one) => conditionOf(one, 'Available')?.status === 'True')
  await driven.until(goneOrNot, (one) => one === undefined, 1000)
})
