import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLevels, Metrics, manualClock } from '../../machinery/index.ts'
import type { WireReply, WireRequest } from '../../wire/index.ts'
import { guarded } from './guarded.ts'
import { type ComponentParts, componentPages } from './pages.ts'
import { openNear } from './ports.ts'

function partsOf() {
  const process = new Metrics()
  process.gauge('process_cpu_seconds_total', 'Time.').set(3)
  process.counter('apiserver_request_total', 'Requests.').inc({ code: '200' })
  const own = process.part()
  own.counter('scheduler_schedule_attempts_total', 'Attempts.').inc({ result: 'scheduled' })
  const levels = new LogLevels(() => 2)
  levels.add('scheduler')
  let problem = ''
  const parts: ComponentParts = {
    self: {
      component: 'kube-scheduler',
      startedMs: 0,
      goVersion: 'node',
      version: '1.36',
      flags: () => ({ 'secure-port': '10259' }),
      pages: ['/statusz', '/flagz'],
    },
    clock: manualClock(),
    metrics: { own, process },
    levels,
    logName: 'scheduler',
    health: { '/healthz': [{ name: 'ping', check: () => '' }], '/readyz': [{ name: 'sync', check: () => problem }] },
    configuration: { name: 'componentconfig', read: () => ({ kind: 'KubeSchedulerConfiguration' }) },
  }
  return { parts, process, levels, fail: (why: string) => (problem = why) }
}
const asking =
  (parts: ComponentParts) =>
  (path: string, method = 'GET', body = '') =>
    componentPages(parts)({
      method,
      url: new URL(path, 'https://localhost'),
      accept: undefined,
      body: async () => body,
    })

test('a component tells its own metrics and those of its process, which tells all', async () => {
  const { parts, process } = partsOf()
  const { text, type } = await asking(parts)('/metrics')
  assert.equal(type, 'text/plain; version=0.0.4; charset=utf-8')
  assert.deepEqual(
    [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
    ['process_cpu_seconds_total', 'scheduler_schedule_attempts_total'],
  )
  assert.match(process.text(), /^scheduler_schedule_attempts_total\{result="scheduled"\} 1$/m)
})

test('a component has the pages that Kubernetes’ has, and no others', async () => {
  const { parts, levels, fail } = partsOf()
  const ask = asking(parts)
  assert.match(
    (await ask('/statusz')).text,
    /^Paths: \/configz \/debug \/flagz \/healthz \/metrics \/readyz \/statusz$/m,
  )
  assert.match((await ask('/flagz')).text, /^secure-port=10259$/m)
  assert.equal((await ask('/configz')).text, '{"componentconfig":{"kind":"KubeSchedulerConfiguration"}}')
  assert.deepEqual(await ask('/readyz'), { code: 200, text: 'ok' })
  fail('caches are not there yet')
  assert.deepEqual(await ask('/readyz'), { code: 500, text: '[-]sync failed: reason withheld\nreadyz check failed\n' })
  assert.match((await ask('/metrics/slis')).text, /kubernetes_healthcheck/)
  for (const path of ['/livez', '/', '/debug/pprof/', '/healthz/other'])
    assert.deepEqual(await ask(path), { code: 404, text: '404 page not found\n' }, path)
  assert.deepEqual(await ask('/debug/flags/v', 'PUT', '5'), {
    code: 200,
    text: 'successfully set klog.logging.verbosity to 5\n',
  })
  assert.equal(levels.of('scheduler'), 5)
  assert.equal((await ask('/debug/flags/v', 'PUT', 'many')).code, 400)
  assert.equal((await ask('/debug/flags/v')).code, 406)
})

test('only those may see the pages whom the API server lets, but for the health of a component', async () => {
  const asked: unknown[] = []
  const handle = guarded(componentPages(partsOf().parts), {
    userOf: async ({ headers }) =>
      headers['authorization'] === 'Bearer good' ? { username: 'prometheus', groups: [] } : undefined,
    async denialOf({ username }, attributes) {
      asked.push(attributes)
      return username === 'prometheus' ? undefined : ''
    },
  })
  const get = async (url: string, authorization?: string) => {
    let code = 0
    let text = ''
    const reply = {
      head: (status: number) => (code = status),
      end: (bytes: Uint8Array) => (text = new TextDecoder().decode(bytes)),
    } as unknown as WireReply
    const headers = authorization === undefined ? {} : { authorization }
    await handle({ method: 'GET', url, headers } as unknown as WireRequest, reply)
    return { code, text }
  }
  assert.deepEqual(await get('/healthz'), { code: 200, text: 'ok' })
  assert.equal((await get('/metrics', 'Bearer good')).code, 200)
  assert.deepEqual(asked, [{ nonResourceAttributes: { path: '/metrics', verb: 'get' } }])
  const refused = await get('/metrics')
  assert.equal(refused.code, 403)
  assert.equal(JSON.parse(refused.text).message, 'forbidden: User "system:anonymous" cannot get path "/metrics"')
  assert.equal((await get('/healthz', 'Bearer bad')).code, 401)
})

test('where a port is taken, the next free one is had, ten further on', async () => {
  const taken = new Set([10259, 10269])
  const open = async (port: number) => {
    if (taken.has(port)) throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' })
    return `at ${port}`
  }
  assert.deepEqual(await openNear(10259, open), { port: 10279, opened: 'at 10279' })
  assert.equal(
    await openNear(1, async () => {
      throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' })
    }),
    undefined,
  )
})
