import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { cannotRun, eventually, realCluster } from '../fixtures/real-cluster.ts'

const cluster = realCluster(`two-${process.pid}`)
const { command, cox, home, kubectl, name } = cluster

const get = (what: string, path: string, ...words: string[]) =>
  kubectl('get', what, '-o', `jsonpath=${path}`, ...words).then((text) => text.trim().split(' '))

const server = `require('node:http').createServer((_, answer) => answer.end(process.env.NODE_NAME)).listen(8080)
process.on('SIGTERM', () => process.exit(0))`
const container = {
  name: 'server',
  image: 'coxswain/node',
  command: ['node', '-e', server],
  env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
  readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
}
const workload = (kind: string, app: string, spec: object, podSpec: object) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: app },
  spec: {
    ...spec,
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } }, spec: { containers: [container], ...podSpec } },
  },
})
const spread = {
  maxSkew: 1,
  topologyKey: 'kubernetes.io/hostname',
  whenUnsatisfiable: 'ScheduleAnyway',
  labelSelector: { matchLabels: { app: 'web' } },
}
const objects = [
  workload('DaemonSet', 'each', {}, {}),
  workload('Deployment', 'web', { replicas: 2 }, { topologySpreadConstraints: [spread] }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'each' },
    spec: { type: 'NodePort', selector: { app: 'each' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
]

suite('a cluster has two nodes with real containers on one machine', { skip: cannotRun }, () => {
  let hosts: readonly string[] = []
  const podsOn = (host: string, path: string, app = 'each') =>
    get('pods', `{.items[*]${path}}`, '-l', `app=${app}`, '--field-selector', `spec.nodeName=${host}`)

  before(async () => {
    await cox('up', '--nodes', '2')
    const file = join(home, 'objects.json')
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    await kubectl('apply', '-f', file)
    await kubectl('rollout', 'status', 'daemonset/each', '--timeout=60s')
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    hosts = await get('nodes', '{.items[*].metadata.name}')
  })
  after(async () => {
    await cox('down', '--purge').catch(() => {})
    rmSync(home, { recursive: true, force: true })
  })

  test('both are Ready, at addresses and with ranges of their own, and each has its pods', async () => {
    assert.equal(hosts.length, 2)
    assert.ok(hosts.includes('node-2'))
    assert.equal(new Set(await get('nodes', '{.items[*].spec.podCIDR}')).size, 2)
    assert.equal(new Set(await get('nodes', '{.items[*].status.addresses[0].address}')).size, 2)
    assert.match(await cox('node', 'list'), /node-2 +True/)
    for (const app of ['each', 'web'])
      assert.deepEqual((await get('pods', '{.items[*].spec.nodeName}', '-l', `app=${app}`)).sort(), [...hosts].sort())
  })

  test('pods reach each other over nodes, by address and by service; node ports answer at both', async () => {
    const addresses = await get('nodes', '{.items[*].status.addresses[0].address}')
    const [nodePort] = await get('service', '{.spec.ports[0].nodePort}', 'each')
    for (const host of hosts) {
      const [pod = ''] = await podsOn(host, '.metadata.name')
      const [other = ''] = hosts.filter((one) => one !== host)
      const [ip] = await podsOn(other, '.status.podIP')
      const ask = (at: string) => kubectl('exec', pod, '--', 'wget', '-qO-', `http://${at}/`)
      assert.equal(await ask(`${ip}:8080`), other)
      // Services choose by lot: of a few tries both nodes are met.
      for (const at of ['each.default', ...addresses.map((address) => `${address}:${nodePort}`)]) {
        const met = new Set<string>()
        await eventually(`both nodes behind ${at}`, async () => {
          met.add(await ask(at))
          return met.size === 2 ? true : undefined
        })
      }
      assert.equal(await kubectl('exec', pod, '--', 'hostname'), `${pod}\n`)
    }
  })

  test('every component answers at a port of its own, on both nodes', async () => {
    const { parts } = JSON.parse(await cox('status', '--json')) as { parts: { name: string; detail: string }[] }
    const placeOf = (part: string) => parts.find((one) => one.name === part)?.detail ?? ''
    const ask = async (url: string) => {
      const answer = await fetch(url)
      return { code: answer.status, text: await answer.text() }
    }
    for (const part of ['scheduler', 'controllers'])
      assert.equal(await command('curl', '-sk', `${placeOf(part)}/healthz`), 'ok', part)
    const second = (await get('node', '{.status.addresses[0].address}', 'node-2'))[0]
    const proxies = [
      [placeOf('proxy'), placeOf('proxy-metrics')],
      [`http://${second}:10256`, `http://${second}:10249`],
    ] as const
    for (const [health, own] of proxies) {
      assert.match((await ask(`${health}/healthz`)).text, /"nodeEligible":true/)
      assert.match((await ask(`${own}/metrics`)).text, /^kubeproxy_sync_proxy_rules_\w+ \d/m)
      assert.equal((await ask(`${own}/proxyMode`)).text, 'nftables')
      assert.equal((await ask(`${own}/statusz`)).code, 200)
    }
    for (const host of hosts) assert.equal(await kubectl('get', '--raw', `/api/v1/nodes/${host}/proxy/healthz`), 'ok')
    const inside = ['netns', 'exec', `cox-${name}-node-2`, 'curl', '-s']
    assert.equal(await command('ip', ...inside, 'http://127.0.0.1:10248/healthz'), 'ok')
  })

  test('the processes of the second are killed: they come back, and its containers are adopted', async () => {
    const ids = () => podsOn('node-2', '.status.containerStatuses[0].containerID')
    const before = await ids()
    const agent = JSON.parse(readFileSync(join(home, 'clusters', name, 'nodes/node-2/process.json'), 'utf8'))
    const daemon = await eventually('its containerd', async () => processesOf(`${name}/nodes/node-2/`)[0])
    for (const pid of [agent.pid, daemon]) process.kill(pid, 'SIGKILL')
    const [pod = ''] = await podsOn('node-2', '.metadata.name')
    await eventually('an answer of the new ones', async () =>
      existsSync(`/proc/${agent.pid}`) ? undefined : kubectl('exec', pod, '--', 'true').then(() => true),
    )
    assert.deepEqual(await ids(), before)
  })

  test('the second is drained: what may move is on the first then', async () => {
    await kubectl('drain', 'node-2', '--ignore-daemonsets', '--timeout=60s')
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    const on = await get('pods', '{.items[*].spec.nodeName}', '-l', 'app=web')
    assert.deepEqual(new Set(on), new Set(hosts.filter((host) => host !== 'node-2')))
  })

  test('down leaves no process, mount, cgroup, namespace, interface, route or rule', async () => {
    await cox('down')
    const marks = new RegExp(`${home}|${name}`)
    assert.deepEqual(processesOf(name), [])
    assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), marks)
    assert.equal(await command('find', '/sys/fs/cgroup', '-name', `coxswain-${name}`), '')
    for (const words of [['netns'], ['-o', 'link'], ['route']])
      assert.doesNotMatch(await command('ip', ...words), /\bcox-two|cox\dn2\b|10\.252\./, words.join(' '))
    assert.doesNotMatch(await command('nft', 'list', 'tables'), /-nodes\b/)
  })
})

/** Processes whose command line has the text, but for this one's. */
function processesOf(text: string): readonly number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return []
    try {
      return readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(text) ? [Number(entry)] : []
    } catch {
      return []
    }
  })
}
