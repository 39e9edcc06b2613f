/** Cases of Kubernetes' allocator, told again; and on random devices, whether it finds what there is to be found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceSelection } from '../../machinery/cel/index.ts'
import { parseQuantity, seededRandom } from '../../machinery/index.ts'
import type { DeviceClass, Node, ResourceClaim, ResourceSlice } from '../../resources/index.ts'
import { type Allocated, allocateDevices } from './allocate.ts'
import { type DeviceView, deviceId } from './shapes.ts'

const driver = 'driver-a'
const on = 'node-1'
const node = { metadata: { name: on, labels: { zone: 'z1' } } } as unknown as Node
type Given = Readonly<Record<string, unknown>>
const sliceOf = (pool: string, devices: readonly Given[], spec: Given = { nodeName: on }, name = `slice-${pool}`) =>
  ({
    metadata: { name },
    spec: { driver, pool: { name: pool, generation: 1, resourceSliceCount: 1 }, devices, ...spec },
  }) as unknown as ResourceSlice
const claimOf = (requests: readonly Given[], more: Given = {}, name = 'claim') =>
  ({
    metadata: { name, namespace: 'ns', uid: name },
    spec: { devices: { requests, ...more } },
  }) as unknown as ResourceClaim
const exactly = (name: string, more: Given = {}): Given => ({ name, exactly: { deviceClassName: 'any', ...more } })
const cel = (expression: string) => ({ selectors: [{ cel: { expression } }] })
const classes: Readonly<Record<string, Given>> = {
  any: {},
  configured: { config: [{ opaque: { driver, parameters: { a: 1 } } }] },
  fast: cel(`device.attributes["${driver}"].fast`),
}

interface Setting {
  readonly taken?: readonly string[]
  readonly consumed?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly off?: keyof DeviceView['features']
}
function viewOf(slices: readonly ResourceSlice[], { taken = [], consumed = {}, off }: Setting = {}): DeviceView {
  const features = {
    adminAccess: true,
    prioritizedList: true,
    partitionableDevices: true,
    deviceTaints: true,
    bindingConditions: true,
    consumableCapacity: true,
    extendedResources: true,
  }
  return {
    features: off === undefined ? features : { ...features, [off]: false },
    taken: {
      isTaken: (id) => taken.includes(id),
      consumed: (id) =>
        consumed[id] && new Map(Object.entries(consumed[id]).map(([name, text]) => [name, parseQuantity(text)])),
    },
    slicesFor: () => slices,
    slicesOf: (of, pool) => slices.filter(({ spec }) => spec.driver === of && spec.pool.name === pool),
    classOf: (name) => classes[name] && ({ metadata: { name }, spec: classes[name] } as unknown as DeviceClass),
    selection: deviceSelection,
  }
}
function allocated(claims: readonly ResourceClaim[], slices: readonly ResourceSlice[], setting: Setting = {}) {
  let shares = 0
  return allocateDevices(claims, node, viewOf(slices, setting), {
    newShareId: () => `share-${shares++}`,
    isLate: () => false,
  })
}
/** What was given, `request=device` by claim; a refusal or an error in its words. */
function gives(...args: Parameters<typeof allocated>): readonly string[] | string {
  let found: Allocated
  try {
    found = allocated(...args)
  } catch (error) {
    return (error as Error).message
  }
  if ('reason' in found) return found.reason
  return found.results.flatMap(({ devices }) =>
    (devices?.results ?? []).map(
      ({ request, pool, device, shareID, consumedCapacity, adminAccess }) =>
        `${request}=${pool}/${device}${adminAccess ? ' (admin)' : ''}${shareID ? ` ${JSON.stringify(consumedCapacity)}` : ''}`,
    ),
  )
}
const none = 'cannot allocate all claims'
const dev = (name: string, more: Given = {}): Given => ({ name, ...more })
const numbered = (name: string, n: number, more: Given = {}) => dev(name, { attributes: { n: { int: n } }, ...more })
const counters = (memory: string) => [{ name: 'gpu', counters: { memory: { value: memory } } }]
const uses = (memory: string) => ({
  consumesCounters: [{ counterSet: 'gpu', counters: { memory: { value: memory } } }],
})
const shared = (memory: string, policy?: Given) => ({
  allowMultipleAllocations: true,
  capacity: { memory: { value: memory, ...(policy === undefined ? {} : { requestPolicy: policy }) } },
})
const asksMemory = (memory: string) => ({ capacity: { requests: { memory } } })

const cases: readonly (readonly [
  what: string,
  args: Parameters<typeof allocated>,
  gives: readonly string[] | string,
])[] = [
  ['nothing is there', [[claimOf([exactly('r')])], []], none],
  ['one device', [[claimOf([exactly('r')])], [sliceOf('p', [dev('d')])]], ['r=p/d']],
  ['one that is taken', [[claimOf([exactly('r')])], [sliceOf('p', [dev('d')])], { taken: [`${driver}/p/d`] }], none],
  ['one for another node', [[claimOf([exactly('r')])], [sliceOf('p', [dev('d')], { nodeName: 'node-2' })]], none],
  [
    'one for nodes of the zone',
    [
      [claimOf([exactly('r')])],
      [
        sliceOf('p', [dev('d')], {
          nodeSelector: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['z1'] }] }],
          },
        }),
      ],
    ],
    ['r=p/d'],
  ],
  [
    'several, in order of pools',
    [[claimOf([exactly('r', { count: 3 })])], [sliceOf('b', [dev('d1'), dev('d2')]), sliceOf('a', [dev('d1')])]],
    ['r=a/d1', 'r=b/d1', 'r=b/d2'],
  ],
  [
    'all of them',
    [[claimOf([exactly('r', { allocationMode: 'All' })])], [sliceOf('p', [dev('x'), dev('y')])]],
    ['r=p/x', 'r=p/y'],
  ],
  [
    'all of them while one is taken',
    [
      [claimOf([exactly('r', { allocationMode: 'All' })])],
      [sliceOf('p', [dev('x'), dev('y')])],
      { taken: [`${driver}/p/y`] },
    ],
    none,
  ],
  [
    'all of none',
    [[claimOf([exactly('r', { allocationMode: 'All', ...cel('false') })])], [sliceOf('p', [dev('x')])]],
    none,
  ],
  [
    'two claims want one device',
    [[claimOf([exactly('r')]), claimOf([exactly('r')], {}, 'other')], [sliceOf('p', [dev('d')])]],
    none,
  ],
  [
    'a choice is taken back for what comes later',
    [
      [claimOf([exactly('any'), exactly('one', cel(`device.attributes["${driver}"].n == 1`))])],
      [sliceOf('p', [numbered('a', 1), numbered('b', 2)])],
    ],
    ['any=p/b', 'one=p/a'],
  ],
  [
    'the class selects as well',
    [
      [claimOf([exactly('r', { deviceClassName: 'fast' })])],
      [
        sliceOf('p', [
          dev('slow', { attributes: { fast: { bool: false } } }),
          dev('quick', { attributes: { fast: { bool: true } } }),
        ]),
      ],
    ],
    ['r=p/quick'],
  ],
  [
    'the first alternative that can be had',
    [
      [
        claimOf([
          {
            name: 'r',
            firstAvailable: [
              { name: 'two', deviceClassName: 'any', count: 2 },
              { name: 'one', deviceClassName: 'any' },
            ],
          },
        ]),
      ],
      [sliceOf('p', [dev('d')])],
    ],
    ['r/one=p/d'],
  ],
  [
    'alike in an attribute',
    [
      [claimOf([exactly('r', { count: 2 })], { constraints: [{ matchAttribute: `${driver}/n` }] })],
      [sliceOf('p', [numbered('a', 1), numbered('b', 2), numbered('c', 2)])],
    ],
    ['r=p/b', 'r=p/c'],
  ],
  [
    'different in an attribute',
    [
      [claimOf([exactly('r', { count: 2 })], { constraints: [{ distinctAttribute: `${driver}/n` }] })],
      [sliceOf('p', [numbered('a', 1), numbered('b', 1), numbered('c', 2)])],
    ],
    ['r=p/a', 'r=p/c'],
  ],
  [
    'who looks after a device shares it',
    [[claimOf([exactly('r', { adminAccess: true })])], [sliceOf('p', [dev('d')])], { taken: [`${driver}/p/d`] }],
    ['r=p/d (admin)'],
  ],
  [
    'a taint keeps others away',
    [[claimOf([exactly('r')])], [sliceOf('p', [dev('d', { taints: [{ key: 'k', effect: 'NoSchedule' }] })])]],
    none,
  ],
  [
    'a taint that is tolerated does not',
    [
      [claimOf([exactly('r', { tolerations: [{ key: 'k', operator: 'Exists' }] })])],
      [sliceOf('p', [dev('d', { taints: [{ key: 'k', effect: 'NoSchedule' }] })])],
    ],
    ['r=p/d'],
  ],
  [
    'partitions draw on the same memory',
    [
      [claimOf([exactly('r', { count: 2 })])],
      [
        sliceOf('p', [], {
          nodeName: on,
          sharedCounters: counters('8Gi'),
          pool: { name: 'p', generation: 1, resourceSliceCount: 2 },
        }),
        sliceOf(
          'p',
          [dev('big', uses('6Gi')), dev('half', uses('4Gi')), dev('rest', uses('4Gi'))],
          { nodeName: on, pool: { name: 'p', generation: 1, resourceSliceCount: 2 } },
          'devices',
        ),
      ],
    ],
    ['r=p/half', 'r=p/rest'],
  ],
  [
    'a device is shared by its capacity',
    [
      [claimOf([exactly('a', asksMemory('3Gi')), exactly('b', asksMemory('5Gi'))])],
      [sliceOf('p', [dev('d', shared('8Gi'))])],
    ],
    ['a=p/d {"memory":"3Gi"}', 'b=p/d {"memory":"5Gi"}'],
  ],
  [
    'a shared device that has too little left',
    [
      [claimOf([exactly('a', asksMemory('3Gi'))])],
      [sliceOf('p', [dev('d', shared('8Gi'))])],
      { consumed: { [`${driver}/p/d`]: { memory: '6Gi' } } },
    ],
    none,
  ],
  [
    'what is asked for is rounded up',
    [
      [claimOf([exactly('a', asksMemory('3Gi'))])],
      [sliceOf('p', [dev('d', shared('8Gi', { default: '1Gi', validValues: ['1Gi', '4Gi'] }))])],
    ],
    ['a=p/d {"memory":"4Gi"}'],
  ],
  [
    'a pool that is being changed',
    [
      [claimOf([exactly('r')])],
      [sliceOf('p', [dev('d')], { nodeName: on, pool: { name: 'p', generation: 1, resourceSliceCount: 2 } })],
    ],
    none,
  ],
  [
    'all of a pool that is being changed',
    [
      [claimOf([exactly('r', { allocationMode: 'All' })])],
      [sliceOf('p', [dev('d')], { nodeName: on, pool: { name: 'p', generation: 1, resourceSliceCount: 2 } })],
    ],
    'claim ns/claim, request r: asks for all devices, but resource pool driver-a/p is currently being updated',
  ],
  [
    'a pool with a device twice',
    [[claimOf([exactly('r')])], [sliceOf('p', [dev('d'), dev('d')])]],
    'invalid resource pools were encountered',
  ],
  [
    'a selector that fails',
    [[claimOf([exactly('r', cel(`device.attributes["${driver}"].no == 1`))])], [sliceOf('p', [dev('d')])]],
    'claim ns/claim: selector #0: CEL runtime error: no such key: no',
  ],
  [
    'a class that is not there',
    [[claimOf([exactly('r', { deviceClassName: 'gone' })])], []],
    'claim ns/claim, request r: could not retrieve device class gone: deviceclass.resource.k8s.io "gone" not found',
  ],
  [
    'too many devices',
    [[claimOf([exactly('r', { count: 33 })])], []],
    'claim ns/claim: number of requested devices 33 exceeds the claim limit of 32',
  ],
]
for (const [what, args, wanted] of cases)
  test(`devices for claims: ${what}`, () => assert.deepEqual(gives(...args), wanted))

test('an allocation says how devices are configured, and where they are', () => {
  const claim = claimOf([exactly('r', { deviceClassName: 'configured' }), exactly('s')], {
    config: [{ requests: ['s'], opaque: { driver, parameters: { b: 2 } } }],
  })
  const found = allocated([claim], [sliceOf('p', [dev('d'), dev('e')])])
  assert.ok('results' in found)
  const [{ devices, nodeSelector }] = found.results as [(typeof found.results)[number]]
  assert.deepEqual(devices?.config, [
    { opaque: { driver, parameters: { a: 1 } }, source: 'FromClass', requests: ['r'] },
    { requests: ['s'], opaque: { driver, parameters: { b: 2 } }, source: 'FromClaim' },
  ])
  assert.deepEqual(nodeSelector, {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [on] }] }],
  })
})

/** The oracle: whether some choice of devices suits every request, found by trying them all. */
function canBeGiven(claims: readonly any[], devices: readonly any[], taken: ReadonlySet<string>): boolean {
  const wishes = claims.flatMap(({ spec }, claim) =>
    spec.devices.requests.flatMap(({ exactly: { count = 1, n } }: any) =>
      Array.from({ length: count }, () => ({ claim, n })),
    ),
  )
  const given: { claim: number; device: any }[] = []
  const isRight = () =>
    claims.every(({ spec }, claim) => {
      const numbers = given.filter((one) => one.claim === claim).map(({ device }) => device.n)
      const { match, distinct } = spec.rule
      return (!match || new Set(numbers).size <= 1) && (!distinct || new Set(numbers).size === numbers.length)
    }) && given.reduce((sum, { device }) => sum + device.memory, 0) + takenMemory <= 8
  const takenMemory = devices.filter(({ name }) => taken.has(name)).reduce((sum, { memory }) => sum + memory, 0)
  const tryFrom = (at: number): boolean => {
    if (at === wishes.length) return true
    const { claim, n } = wishes[at]!
    for (const device of devices) {
      if (taken.has(device.name) || given.some((one) => one.device === device)) continue
      if (n !== undefined && device.n !== n) continue
      given.push({ claim, device })
      if (isRight() && tryFrom(at + 1)) return true
      given.pop()
    }
    return false
  }
  return tryFrom(0)
}

test('devices are found on random nodes where there are some, and are the right ones', () => {
  let found = 0
  for (let seed = 1; seed <= 400; seed++) {
    const random = seededRandom(seed)
    const pick = (count: number) => Math.floor(random.next() * count)
    const devices = Array.from({ length: 1 + pick(6) }, (_, at) => ({ name: `d${at}`, n: pick(3), memory: pick(4) }))
    const taken = new Set(devices.filter(() => pick(5) === 0).map(({ name }) => name))
    const claims = Array.from({ length: 1 + pick(2) }, (_, at) => {
      const requests = Array.from({ length: 1 + pick(2) }, (_, index) => {
        const n = pick(3) === 0 ? pick(3) : undefined
        const more = n === undefined ? {} : cel(`device.attributes["${driver}"].n == ${n}`)
        return { name: `r${index}`, exactly: { deviceClassName: 'any', count: 1 + pick(2), n, ...more } }
      })
      const rule = { match: pick(4) === 0, distinct: pick(4) === 0 }
      const constraints = [
        ...(rule.match ? [{ matchAttribute: `${driver}/n` }] : []),
        ...(rule.distinct ? [{ distinctAttribute: `${driver}/n` }] : []),
      ]
      const claim = claimOf(requests, { constraints }, `c${at}`)
      return { ...claim, spec: { ...claim.spec, rule } } as never
    })
    const two = { nodeName: on, pool: { name: 'p', generation: 1, resourceSliceCount: 2 } }
    const slices = [
      sliceOf('p', [], { ...two, sharedCounters: counters('8') }),
      sliceOf(
        'p',
        devices.map(({ name, n, memory }) => numbered(name, n, uses(`${memory}`))),
        two,
        'devices',
      ),
    ]
    const answer = allocated(claims, slices, { taken: [...taken].map((name) => deviceId(driver, 'p', name)) })
    const wanted = canBeGiven(claims, devices, taken)
    assert.equal('results' in answer, wanted, `seed ${seed}`)
    if (!('results' in answer)) continue
    found++
    const given = answer.results.flatMap((one) => (one.devices?.results ?? []).map(({ device }) => device))
    assert.equal(new Set(given).size, given.length, `seed ${seed}: a device is given once`)
    assert.ok(
      given.every((name) => !taken.has(name)),
      `seed ${seed}: none that is taken`,
    )
  }
  assert.ok(found > 100, `${found} times devices were found`)
})
