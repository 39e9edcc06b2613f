import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timestampOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { replicasByAverage, replicasByShare, replicasByUtilization, replicasByValue, sumOfValues } from './replicas.ts'
import type { PodMetrics } from './usage.ts'

const nowMs = Date.UTC(2026, 0, 1)
const periods = { cpuInitializationMs: 120_000, initialReadinessDelayMs: 10_000 }
const int32Max = 2 ** 31 - 1
const int64Max = 2n ** 63n - 1n

/** Pods as letters tell of them, one for each pod. */
interface PodsWish {
  readonly current: number
  /** T or F: the Ready condition. */
  readonly ready?: string
  /** h has just started, c long ago. */
  readonly started?: string
  /** R(unning), P(ending), F(ailed). */
  readonly phases?: string
  /** x is on its way out. */
  readonly going?: string
  /** What each of a pod's two containers requests, in thousandths. */
  readonly requests?: readonly number[]
  readonly up?: number
  readonly down?: number
}

function situationOf(wish: PodsWish) {
  const { current, ready = '', started = '', phases = '', going = '', requests = [], up = 0.1, down = 0.1 } = wish
  const phaseOf = { R: 'Running', P: 'Pending', F: 'Failed' } as const
  const longAgo = timestampOf(0)
  const pods = Array.from({ length: Math.max(current, phases.length) }, (_, index) => {
    const startTime =
      started[index] === undefined ? longAgo : timestampOf(started[index] === 'h' ? nowMs : nowMs - 180_000)
    const request = requests[index]
    const resources = request === undefined ? {} : { requests: { cpu: `${request}m` } }
    return {
      metadata: { name: `pod-${index}`, ...(going[index] === 'x' ? { deletionTimestamp: timestampOf(nowMs) } : {}) },
      spec: {
        containers: [
          { name: 'container1', resources },
          { name: 'container2', resources },
        ],
      },
      status: {
        phase: phaseOf[(phases[index] ?? 'R') as 'R'],
        startTime,
        conditions: [{ type: 'Ready', status: ready[index] === 'F' ? 'False' : 'True', lastTransitionTime: longAgo }],
      },
    } as unknown as Pod
  })
  return { current, pods, tolerances: { up, down }, periods, nowMs }
}
const metricsOf = (values: readonly number[], names: readonly string[] = []): PodMetrics =>
  new Map(
    values.map((value, index) => [names[index] ?? `pod-${index}`, { value: BigInt(value), atMs: 0, windowMs: 60_000 }]),
  )
const whole = (count: number) => Array.from({ length: count }, () => 1000)

interface UtilizationCase extends PodsWish {
  /** What each pod uses: in both its containers, or in the one that is looked at. */
  readonly levels: readonly number[]
  readonly container?: string
  readonly target: number
  readonly names?: readonly string[]
  readonly want: readonly [replicas: number, percent: number, average: number] | RegExp
}
/** Kubernetes' cases of its replica calculator, by the names they have there. */
const utilizationCases: Readonly<Record<string, UtilizationCase>> = {
  'disjoint resources metrics': {
    current: 1,
    requests: [1000],
    levels: [100],
    names: ['older'],
    target: 100,
    want: /no metrics returned matched known pods/,
  },
  'scale up': { current: 3, requests: whole(3), levels: [300, 500, 700], target: 30, want: [5, 50, 1000] },
  'container scale up': {
    current: 3,
    requests: whole(3),
    levels: [300, 500, 700],
    container: 'container2',
    target: 30,
    want: [5, 50, 500],
  },
  'scale up unready less scale': {
    current: 3,
    ready: 'FTT',
    requests: whole(3),
    levels: [300, 500, 700],
    target: 30,
    want: [4, 60, 1200],
  },
  'scale up container hot cpu less scale': {
    current: 3,
    started: 'hcc',
    requests: whole(3),
    levels: [300, 500, 700],
    container: 'container2',
    target: 30,
    want: [4, 60, 600],
  },
  'scale up hot cpu less scale': {
    current: 3,
    started: 'hcc',
    requests: whole(3),
    levels: [300, 500, 700],
    target: 30,
    want: [4, 60, 1200],
  },
  'scale up unready no scale': {
    current: 3,
    ready: 'TFF',
    requests: whole(3),
    levels: [400, 500, 700],
    target: 30,
    want: [3, 40, 800],
  },
  'scale hot cpu no scale': {
    current: 3,
    ready: 'TFF',
    started: 'chh',
    requests: whole(3),
    levels: [400, 500, 700],
    target: 30,
    want: [3, 40, 800],
  },
  'scale up ignores failed pods': {
    current: 2,
    ready: 'TTFF',
    phases: 'RRFF',
    requests: whole(4),
    levels: [500, 700],
    target: 30,
    want: [4, 60, 1200],
  },
  'scale up container ignores failed pods': {
    current: 2,
    ready: 'TTFF',
    phases: 'RRFF',
    requests: whole(4),
    levels: [500, 700],
    container: 'container2',
    target: 30,
    want: [4, 60, 600],
  },
  'scale up ignores deletion pods': {
    current: 2,
    ready: 'TTFF',
    phases: 'RRRR',
    going: '..xx',
    requests: whole(4),
    levels: [500, 700],
    target: 30,
    want: [4, 60, 1200],
  },
  'scale down': { current: 5, requests: whole(5), levels: [100, 300, 500, 250, 250], target: 50, want: [3, 28, 560] },
  'container scale down': {
    current: 5,
    requests: whole(5),
    levels: [100, 300, 500, 250, 250],
    container: 'container2',
    target: 50,
    want: [3, 28, 280],
  },
  'scale down exclude unready pods': {
    current: 5,
    ready: 'TTTFF',
    requests: whole(5),
    levels: [100, 300, 500, 250, 250],
    target: 50,
    want: [2, 30, 600],
  },
  'scale down exclude unscheduled pods': {
    current: 5,
    ready: 'TFFFF',
    phases: 'RPPPP',
    requests: whole(5),
    levels: [100],
    target: 50,
    want: [1, 10, 200],
  },
  'scale down container exclude unscheduled pods': {
    current: 5,
    ready: 'TFFFF',
    phases: 'RPPPP',
    requests: whole(5),
    levels: [100, 300, 500, 250, 250],
    container: 'container2',
    target: 50,
    want: [1, 10, 100],
  },
  'scale down ignore hot cpu pods': {
    current: 5,
    started: 'ccchh',
    requests: whole(5),
    levels: [100, 300, 500, 250, 250],
    target: 50,
    want: [2, 30, 600],
  },
  'scale down ignores failed pods': {
    current: 5,
    ready: 'TTTTTFF',
    phases: 'RRRRRFF',
    requests: whole(7),
    levels: [100, 300, 500, 250, 250],
    target: 50,
    want: [3, 28, 560],
  },
  'scale down ignores deletion pods': {
    current: 5,
    ready: 'TTTTTFF',
    phases: 'RRRRRRR',
    going: '.....xx',
    requests: whole(7),
    levels: [100, 300, 500, 250, 250],
    target: 50,
    want: [3, 28, 560],
  },
  tolerance: { current: 3, requests: [900, 1000, 1100], levels: [1010, 1030, 1020], target: 100, want: [3, 102, 2040] },
  'outside of a 0% tolerance': {
    current: 3,
    up: 0,
    down: 0,
    requests: [900, 1000, 1100],
    levels: [909, 1010, 1111],
    target: 100,
    want: [4, 101, 2020],
  },
  'within a 200% scale-up tolerance': {
    current: 3,
    up: 2,
    requests: [900, 1000, 1100],
    levels: [1890, 1910, 1900],
    target: 100,
    want: [3, 190, 3800],
  },
  'outside 8% scale-up tolerance': {
    current: 3,
    up: 0.08,
    down: 2,
    requests: [900, 1000, 1100],
    levels: [1100, 1080, 1090],
    target: 100,
    want: [4, 109, 2180],
  },
  'within a 36% scale-down tolerance': {
    current: 3,
    down: 0.36,
    requests: [900, 1000, 1100],
    levels: [660, 640, 650],
    target: 100,
    want: [3, 65, 1300],
  },
  'outside a 34% scale-down tolerance': {
    current: 3,
    down: 0.34,
    requests: [900, 1000, 1100],
    levels: [660, 640, 650],
    target: 100,
    want: [2, 65, 1300],
  },
  'superfluous metrics': {
    current: 4,
    requests: whole(4),
    levels: [4000, 9500, 3000, 7000, 3200, 2000],
    target: 100,
    want: [24, 587, 11_750],
  },
  'missing metrics': { current: 4, requests: whole(4), levels: [400, 95], target: 100, want: [3, 24, 495] },
  'empty metrics': {
    current: 4,
    requests: whole(3),
    levels: [],
    target: 100,
    want: /did not receive metrics for targeted pods \(pods might be unready\)/,
  },
  'empty cpu request': {
    current: 1,
    requests: [],
    levels: [200],
    target: 100,
    want: /missing request for cpu in container container1 of Pod pod-0/,
  },
  'missing metrics no change eq': { current: 2, requests: whole(2), levels: [1000], target: 100, want: [2, 100, 2000] },
  'missing metrics no change gt': { current: 2, requests: whole(2), levels: [1900], target: 100, want: [2, 190, 3800] },
  'missing metrics no change lt': { current: 2, requests: whole(2), levels: [600], target: 100, want: [2, 60, 1200] },
  'missing metrics unready change': {
    current: 3,
    ready: 'FTT',
    requests: whole(3),
    levels: [100, 450],
    target: 50,
    want: [3, 45, 900],
  },
  'missing metrics hot cpu no change': {
    current: 3,
    started: 'hcc',
    requests: whole(3),
    levels: [100, 450],
    target: 50,
    want: [3, 45, 900],
  },
  'missing metrics unready scale up': {
    current: 3,
    ready: 'FTT',
    requests: whole(3),
    levels: [100, 2000],
    target: 50,
    want: [4, 200, 4000],
  },
  'missing metrics hot cpu scale up': {
    current: 3,
    ready: 'FTT',
    started: 'hcc',
    requests: whole(3),
    levels: [100, 2000],
    target: 50,
    want: [4, 200, 4000],
  },
  'missing metrics unready scale down': {
    current: 4,
    ready: 'FTTT',
    requests: whole(4),
    levels: [100, 100, 100],
    target: 50,
    want: [3, 10, 200],
  },
  'missing metrics scale down target over 100': {
    current: 4,
    ready: 'FTTT',
    requests: [1000, 1000, 2000, 2000],
    levels: [200, 100, 100],
    target: 300,
    want: [2, 6, 200],
  },
  'during rolling update with max surge': {
    current: 2,
    phases: 'RRR',
    requests: whole(3),
    levels: [100, 100],
    target: 50,
    want: [2, 10, 200],
  },
  'computed tolerance': {
    current: 10,
    requests: [400, 200, 310, 290, 302, 298, 301, 299, 300, 300],
    levels: whole(10).map(() => 150),
    target: 56,
    want: [9, 50, 300],
  },
  'computed tolerance, close to it': {
    current: 10,
    requests: [400, 200, 310, 290, 302, 298, 301, 299, 300, 300],
    levels: whole(10).map(() => 150),
    target: 55,
    want: [10, 50, 300],
  },
}
for (const [name, { levels, container = '', target, names, want, ...wish }] of Object.entries(utilizationCases)) {
  test(`utilisation: ${name}`, () => {
    const values = container === '' ? levels.map((level) => 2 * level) : levels
    const metrics = metricsOf(values, names)
    const asked = { metrics, resource: 'cpu', container, targetPercent: target, podLevelRequests: true }
    const propose = () => replicasByUtilization(situationOf(wish), asked)
    if (want instanceof RegExp) assert.throws(propose, want)
    else assert.deepEqual(propose(), { replicas: want[0], percent: want[1], average: BigInt(want[2]) })
  })
}

interface AverageCase extends PodsWish {
  readonly levels: readonly number[]
  readonly target: number
  readonly want: readonly [replicas: number, average: number]
}
const averageCases: Readonly<Record<string, AverageCase>> = {
  'scale up': { current: 3, levels: [20000, 10000, 30000], target: 15000, want: [4, 20000] },
  'unready and hot cpu do not matter': {
    current: 3,
    ready: 'TTF',
    started: 'cch',
    levels: [50000, 10000, 30000],
    target: 15000,
    want: [6, 30000],
  },
  'hot cpu does not turn it': {
    current: 3,
    ready: 'FTF',
    started: 'hch',
    levels: [50000, 15000, 30000],
    target: 15000,
    want: [7, 31666],
  },
  'one pod': { current: 1, levels: [8600], target: 4400, want: [2, 8600] },
  'scale down': { current: 5, levels: [12000, 12000, 12000, 12000, 12000], target: 20000, want: [3, 12000] },
  tolerance: { current: 3, levels: [20000, 21000, 21000], target: 20000, want: [3, 20666] },
  'configured tolerance': { current: 3, up: 0.01, levels: [20000, 21000, 21000], target: 20000, want: [4, 20666] },
  'missing metrics, no change': { current: 5, levels: [20000, 19000, 21000], target: 20000, want: [5, 20000] },
  'during rolling update with max surge': {
    current: 2,
    phases: 'RRR',
    levels: [10000, 10000],
    target: 17000,
    want: [2, 10000],
  },
}
for (const [name, { levels, target, want, ...wish }] of Object.entries(averageCases)) {
  test(`average: ${name}`, () => {
    const found = replicasByAverage(situationOf(wish), {
      metrics: metricsOf(levels),
      resource: '',
      target: BigInt(target),
    })
    assert.deepEqual(found, { replicas: want[0], average: BigInt(want[1]) })
  })
}

test('one value for all pods is shared by those that are ready', () => {
  for (const [wish, usage, target, replicas] of [
    [{ current: 3 }, 20000n, 15000n, 4],
    [{ current: 3, ready: 'FTF' }, 50000n, 10000n, 5],
    [{ current: 3, ready: 'FTF' }, 8600n, 4400n, 2],
    [{ current: 5 }, 12000n, 20000n, 3],
    [{ current: 5 }, 8600n, 14334n, 3],
    [{ current: 3 }, 20666n, 20000n, 3],
    [{ current: 3 }, 8600n, 8888n, 3],
    [{ current: 3, up: 0.01 }, 20666n, 20000n, 4],
    [{ current: 3, up: 0.01 }, 8900n, 8800n, 4],
    [{ current: 3 }, int64Max, 1n, int32Max],
    [{ current: 0 }, 0n, 100n, 0],
    [{ current: 0 }, 250n, 100n, 3],
  ] as const)
    assert.equal(replicasByValue(situationOf(wish), usage, target), replicas, JSON.stringify(wish))
})

test('a value per pod is divided by the pods there are', () => {
  for (const [present, usage, target, replicas, share, up = 0.1] of [
    [3, 20000n, 5000n, 4, 6667n],
    [3, 8600n, 2150n, 4, 2867n],
    [5, 6000n, 2000n, 3, 1200n],
    [5, 8600n, 2867n, 3, 1720n],
    [4, 20166n, 5000n, 4, 5042n],
    [3, 8600n, 2900n, 3, 2867n],
    [4, 20208n, 5000n, 5, 5052n, 0.01],
    [3, 8600n, 2800n, 4, 2867n, 0.01],
    [1, int64Max, 1n, int32Max, int64Max],
    [1, int64Max, int64Max, 1, int64Max],
    [0, 0n, 100n, 0, 0n],
  ] as const)
    assert.deepEqual(replicasByShare(present, { up, down: 0.1 }, usage, target), { replicas, share })
})

test('sums of external metrics stop at what an int64 holds', () => {
  assert.equal(sumOfValues([3n, 4n]), 7n)
  assert.equal(sumOfValues([int64Max, int64Max]), int64Max)
  assert.equal(sumOfValues([int64Max, 1n]), int64Max)
})

test('without any pod there is nothing to go by', () => {
  const none = situationOf({ current: 0 })
  const why = /no pods returned by selector while calculating replica count/
  assert.throws(() => replicasByAverage(none, { metrics: metricsOf([1]), resource: '', target: 1n }), why)
  assert.throws(() => replicasByValue({ ...none, current: 1 }, 10n, 1n), why)
})
