import assert from 'node:assert/strict'
import { test } from 'node:test'
import { samplesOf } from './exposition.ts'
import { type Point, Points, pointsOf } from './points.ts'

const second = 1e9
const startMs = Date.UTC(2026, 0, 1)
/** A container's point: seconds after the start, seconds of processor time, and when it began. */
const at = (seconds: number, cpuSeconds: number, startedSeconds = -60, memoryBytes = 1024): Point => ({
  startedMs: startMs + startedSeconds * 1000,
  atMs: startMs + seconds * 1000,
  cpuNanos: cpuSeconds * second,
  memoryBytes,
})
function taken(...rounds: readonly Readonly<Record<string, Point>>[]) {
  const points = new Points()
  for (const containers of rounds)
    points.take([['one', { node: undefined, pods: new Map([['default/web', new Map(Object.entries(containers))]]) }]])
  const pod = points.pod('default/web')
  return pod === undefined
    ? undefined
    : { seconds: pod.windowMs / 1000, cpu: pod.containers.map(({ name, usage }) => `${name} ${usage.cpu}`) }
}

test('usage is what lies between two points', () => {
  for (const [name, rounds, want] of [
    ['one point tells nothing', [{ a: at(0, 1) }], undefined],
    ['two points do', [{ a: at(0, 1) }, { a: at(15, 4) }], { seconds: 15, cpu: ['a 200m'] }],
    ['the last two count', [{ a: at(0, 0) }, { a: at(15, 3) }, { a: at(30, 18) }], { seconds: 15, cpu: ['a 1'] }],
    [
      'a point that was seen before changes nothing',
      [{ a: at(0, 0) }, { a: at(15, 3) }, { a: at(15, 3) }],
      { seconds: 15, cpu: ['a 200m'] },
    ],
    ['a container that began anew has none', [{ a: at(0, 9) }, { a: at(15, 1, 12) }], undefined],
    [
      'but after ten seconds its own start will do',
      [{ a: at(0, 9) }, { a: at(15, 1, 5) }],
      { seconds: 10, cpu: ['a 100m'] },
    ],
    ['which goes for the first point as well', [{ a: at(12, 3, 0) }], { seconds: 12, cpu: ['a 250m'] }],
    ['a pod waits for all its containers', [{ a: at(0, 0) }, { a: at(15, 3), b: at(15, 3) }], undefined],
    [
      'a count that went down is left out',
      [
        { a: at(0, 9), b: at(0, 0) },
        { a: at(15, 1), b: at(15, 3) },
      ],
      { seconds: 15, cpu: ['b 200m'] },
    ],
    [
      'the oldest container says since when',
      [
        { a: at(0, 0), b: at(1, 0) },
        { a: at(14, 7), b: at(16, 3) },
      ],
      { seconds: 14, cpu: ['a 500m', 'b 200m'] },
    ],
  ] as const)
    assert.deepEqual(taken(...rounds), want, name)
})

test('what a scrape no longer shows is forgotten', () => {
  const points = new Points()
  const node = (seconds: number) => ({ node: at(seconds, seconds), pods: new Map() })
  points.take([['one', node(0)]])
  points.take([['one', node(15)]])
  assert.deepEqual(points.node('one')?.usage, { cpu: '1', memory: '1Ki' })
  points.take([])
  assert.equal(points.node('one'), undefined)
})

test("a kubelet's text becomes points, and what is incomplete becomes none", () => {
  const labels = (container: string, pod = 'web') => `{container="${container}",namespace="default",pod="${pod}"}`
  const text = `# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total${labels('a')} 1.5 1700000000123
container_memory_working_set_bytes${labels('a')} 2e+06 1700000000123
container_start_time_seconds${labels('a')} 1.7e+09
container_cpu_usage_seconds_total${labels('a', 'half')} 1
container_cpu_usage_seconds_total{broken
node_cpu_usage_seconds_total NaN
node_memory_working_set_bytes 5
`
  const { node, pods } = pointsOf(text, 7)
  assert.equal(node, undefined)
  assert.deepEqual(
    [...pods].map(([key, containers]) => [key, [...containers]]),
    [['default/web', [['a', { startedMs: 1.7e12, atMs: 1700000000123, cpuNanos: 1.5e9, memoryBytes: 2e6 }]]]],
  )
})

test('labels may hold anything, escaped', () => {
  const [sample] = samplesOf('m{a="x\\"y,z}",b="\\\\n\\n"} 3', new Set(['m']))
  assert.deepEqual(sample, { name: 'm', labels: { a: 'x"y,z}', b: '\\n\n' }, value: 3, atMs: undefined })
})
