/** What of claims, classes and slices of devices is refused, in Kubernetes' words. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCluster, type TestCluster } from '../../src/index.ts'
import { StatusError } from '../../src/machinery/index.ts'
import {
  deviceClasses,
  namespaces,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
} from '../../src/resources/index.ts'

const namespace = 'default'
let cluster: TestCluster
let count = 0
before(async () => {
  cluster = await startCluster({ nodes: 0 })
})
after(() => cluster[Symbol.asyncDispose]())

/** What of a write is refused, field by field; nothing when it is taken. */
async function refused(write: Promise<unknown>): Promise<readonly string[]> {
  try {
    await write
    return []
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    const causes = error.status.details?.causes ?? []
    assert.ok(causes.length > 0, error.message)
    return causes.map(({ field, message }) => `${field}: ${message}`)
  }
}
const metadata = () => ({ name: `tried-${count++}` })
const claimThat = (devices: object) =>
  cluster.client.create(resourceClaims, { metadata: { ...metadata(), namespace }, spec: { devices } } as never)
const asking = (more: object) => ({ requests: [{ name: 'r', exactly: { deviceClassName: 'c', ...more } }] })
const selecting = (expression: string) => asking({ selectors: [{ cel: { expression } }] })
const sliceThat = (spec: object) =>
  cluster.client.create(resourceSlices, {
    metadata: metadata(),
    spec: {
      driver: 'd.example.com',
      nodeName: 'a',
      pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      ...spec,
    },
  } as never)
const devicesThat = (device: object) => sliceThat({ devices: [{ name: 'x', ...device }] })

test('claims are refused as Kubernetes refuses them', async (t) => {
  const either = 'exactly one of `exactly` or `firstAvailable` is required'
  const request = 'spec.devices.requests[0]'
  const reference =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
  const cases: readonly [title: string, devices: object, ...errors: readonly string[]][] = [
    ['a good one', asking({})],
    ['neither way of asking', { requests: [{ name: 'r' }] }, `${request}: Required value: ${either}`],
    [
      'both ways of asking',
      { requests: [{ ...asking({}).requests[0], firstAvailable: [{ name: 's', deviceClassName: 'c' }] }] },
      `${request}: Invalid value: null: ${either}, but multiple fields are set`,
    ],
    ['no class', asking({ deviceClassName: '' }), `${request}.exactly.deviceClassName: Required value`],
    [
      'a count of all',
      asking({ allocationMode: 'All', count: 2 }),
      `${request}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`,
    ],
    ['less than one', asking({ count: -1 }), `${request}.exactly.count: Invalid value: -1: must be greater than zero`],
    ['an empty selector', asking({ selectors: [{}] }), `${request}.exactly.selectors[0].cel: Required value`],
    [
      'a constraint on nothing',
      { ...asking({}), constraints: [{}] },
      'spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
    ],
    [
      'a constraint on a request that is not there',
      { ...asking({}), constraints: [{ requests: ['x'], matchAttribute: 'a.b/c' }] },
      `spec.devices.constraints[0].requests[0]: Invalid value: "x": ${reference}`,
    ],
    [
      'a choice of a request that is not there',
      { ...asking({}), config: [{ requests: ['r/x'], opaque: { driver: 'd', parameters: {} } }] },
      `spec.devices.config[0].requests[0]: Invalid value: "r/x": ${reference}`,
    ],
    ['a setting without a driver', { ...asking({}), config: [{}] }, 'spec.devices.config[0].opaque: Required value'],
    [
      'a toleration of anything and a value',
      asking({ tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] }),
      `${request}.exactly.tolerations[0].value: Invalid value: "b": must be empty for operator \`Exists\``,
    ],
    [
      'a selector that is no truth value',
      selecting('device.driver'),
      `${request}.exactly.selectors[0].cel.expression: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string`,
    ],
    [
      'a selector of too much work',
      selecting(
        `device.attributes["a"].map(s, s).all(s, ${'device.attributes["a"].map(s, s).all(t, '.repeat(3)}s == s${')'.repeat(4)}`,
      ),
      `${request}.exactly.selectors[0].cel.expression: Forbidden: too complex, exceeds cost limit`,
    ],
  ]
  for (const [title, devices, ...errors] of cases)
    await t.test(title, async () => assert.deepEqual(await refused(claimThat(devices)), errors))
})

test('a selector that cannot be compiled is refused, in templates and classes too', async () => {
  const selectors = [{ cel: { expression: 'device.nothing' } }]
  const template = { metadata: { ...metadata(), namespace }, spec: { spec: { devices: asking({ selectors }) } } }
  for (const [write, at] of [
    [claimThat(asking({ selectors })), 'spec.devices.requests[0].exactly.'],
    [cluster.client.create(resourceClaimTemplates, template as never), 'spec.spec.devices.requests[0].exactly.'],
    [cluster.client.create(deviceClasses, { metadata: metadata(), spec: { selectors } } as never), 'spec.'],
  ] as const) {
    const [error] = await refused(write)
    const start = `${at}selectors[0].cel.expression: Invalid value: "device.nothing": compilation failed: ERROR: <input>:1:7: undefined field 'nothing'`
    assert.equal(error?.slice(0, start.length), start)
  }
})

test('admin access is for namespaces that are marked for it', async () => {
  const { client } = cluster
  const refusal =
    'spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace'
  assert.deepEqual(await refused(claimThat(asking({ adminAccess: true }))), [refusal])
  const labels = { 'resource.kubernetes.io/admin-access': 'true' }
  await client.create(namespaces, { metadata: { name: 'admins', labels } } as never)
  const claim = { metadata: { name: 'all', namespace: 'admins' }, spec: { devices: asking({ adminAccess: true }) } }
  assert.deepEqual(await refused(client.create(resourceClaims, claim as never)), [])
})

test('slices are refused as Kubernetes refuses them', async (t) => {
  const reach = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  const device = 'spec.devices[0]'
  const cases: readonly [title: string, write: () => Promise<unknown>, ...errors: readonly string[]][] = [
    ['a good one', () => devicesThat({ attributes: { a: { int: 1 }, 'b.c/d': { version: '1.0.0' } } })],
    ['for no node', () => sliceThat({ nodeName: undefined }), `spec: Required value: ${reach}`],
    [
      'for one node and all',
      () => sliceThat({ allNodes: true }),
      `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${reach}, but multiple fields are set`,
    ],
    [
      'for not all nodes',
      () => sliceThat({ allNodes: false }),
      'spec.allNodes: Invalid value: false: must be either unset or set to true',
    ],
    ['without a driver', () => sliceThat({ driver: '' }), 'spec.driver: Required value'],
    [
      'of a pool of none',
      () => sliceThat({ pool: { name: 'p', generation: -1, resourceSliceCount: 0 } }),
      'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
      'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero',
    ],
    [
      'with one device twice',
      () => sliceThat({ devices: [{ name: 'x' }, { name: 'x' }] }),
      'spec.devices[1]: Duplicate value: "x"',
    ],
    [
      'with too many devices',
      () => sliceThat({ devices: Array.from({ length: 129 }, (_, index) => ({ name: `d${index}` })) }),
      'spec.devices: Too many: 129: must have at most 128 items',
    ],
    [
      'with too many devices that have taints',
      () =>
        sliceThat({
          devices: Array.from({ length: 65 }, (_, index) => ({
            name: `d${index}`,
            taints: [{ key: 'k', effect: 'NoSchedule' }],
          })),
        }),
      'spec.devices: Too many: 65: must have at most 64 items',
    ],
    [
      'with counters and devices',
      () => sliceThat({ devices: [{ name: 'x' }], sharedCounters: [{ name: 'c', counters: { m: { value: '1' } } }] }),
      'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
    ],
    [
      'with a version that is none',
      () => devicesThat({ attributes: { a: { version: '1' } } }),
      `${device}.attributes[a].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0`,
    ],
    [
      'with amounts of a device that is had whole',
      () => devicesThat({ capacity: { a: { value: '1', requestPolicy: { default: '1' } } } }),
      `${device}.capacity[a].requestPolicy: Forbidden: allowMultipleAllocations must be true`,
    ],
    [
      'with amounts that do not add up',
      () =>
        devicesThat({
          allowMultipleAllocations: true,
          capacity: {
            a: { value: '8', requestPolicy: { default: '3', validRange: { min: '2', max: '10', step: '2' } } },
          },
        }),
      `${device}.capacity[a].requestPolicy.validRange.max: Invalid value: "10": max is larger than capacity value: 8`,
      `${device}.capacity[a].requestPolicy.validRange.step: Invalid value: "3": value is not a multiple of a given step (2) from (2)`,
    ],
    [
      'with a device for a node of its own',
      () => devicesThat({ nodeName: 'b' }),
      `${device}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`,
    ],
    [
      'with half of the conditions to wait for',
      () => devicesThat({ bindingConditions: ['ready'] }),
      `${device}.bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions`,
    ],
  ]
  for (const [title, write, ...errors] of cases)
    await t.test(title, async () => assert.deepEqual(await refused(write()), errors))
})

test('what a claim got is held to what it asked for', async () => {
  const { client } = cluster
  const claim = await claimThat(asking({}))
  const told = (status: object, of: object = claim) =>
    refused(client.update(resourceClaims, { ...of, status } as never, 'status'))
  const reservedFor = [{ resource: 'pods', name: 'a', uid: 'u' }]
  assert.deepEqual(await told({ reservedFor }), [
    'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
  ])
  const allocation = (request: string) => ({
    devices: { results: [{ request, driver: 'd.example.com', pool: 'p', device: 'x' }] },
  })
  assert.deepEqual(await told({ allocation: allocation('s') }), [
    'status.allocation.devices.results[0].request: Invalid value: "s": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
  ])
  const devices = [{ driver: 'd.example.com', pool: 'p', device: 'y' }]
  assert.deepEqual(await told({ allocation: allocation('r'), devices }), [
    'status.devices[0]: Invalid value: {"Driver":"d.example.com","Pool":"p","Device":"y","ShareID":""}: must be an allocated device in the claim',
  ])
  assert.deepEqual(await told({ allocation: allocation('r'), reservedFor }), [])
})
