import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { bridgeOf, masqueradeTable } from '../../src/kubelet/containerd/config.ts'
import { cannotRun, eventually, realCluster, root } from '../fixtures/real-cluster.ts'

const cluster = realCluster(`shop-test-${process.pid}`)
const { apply, command, cox, env, home, name } = cluster
const shop = join(root, 'examples/shop')

const kubectl = (...words: string[]) => cluster.kubectl('--namespace', 'shop', ...words)
const field = async (what: string, path: string) =>
  (await kubectl('get', ...what.split(' '), '-o', `jsonpath=${path}`)).trim()
const rolledOut = (deployment: string) => kubectl('rollout', 'status', `deployment/${deployment}`, '--timeout=60s')

interface Answer {
  readonly status: number
  readonly body: any
}
function call(url: string, options: { readonly agent?: Agent; readonly post?: object } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = options.post === undefined ? 'GET' : 'POST'
    const sent = request(url, { method, agent: options.agent ?? false, timeout: 10_000 }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('error', reject)
      response.on('end', () => {
        const status = response.statusCode ?? 0
        try {
          resolve({ status, body: JSON.parse(text) })
        } catch {
          // While pods come back at other addresses, a Service may lead to somebody else for a moment.
          reject(new Error(`status ${status} with ${JSON.stringify(text)}, which is not JSON`))
        }
      })
    })
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error('no answer in 10 s')))
    sent.end(options.post === undefined ? undefined : JSON.stringify(options.post))
  })
}

/** Asks without pause while the work goes on: some over fresh connections, some over kept ones. */
async function underLoad(
  url: string,
  work: () => Promise<void>,
): Promise<{ readonly answers: Answer[]; readonly failures: string[] }> {
  const answers: Answer[] = []
  const failures: string[] = []
  let ended = false
  const kept = new Agent({ keepAlive: true, maxSockets: 2 })
  const ask = async (agent?: Agent) => {
    while (!ended) {
      try {
        const answer = await call(url, agent === undefined ? {} : { agent })
        answers.push(answer)
        if (answer.status !== 200) failures.push(`status ${answer.status}`)
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  const asking = [ask(), ask(), ask(kept), ask(kept)]
  try {
    await work()
  } finally {
    ended = true
    await Promise.all(asking)
    kept.destroy()
  }
  return { answers, failures }
}

suite('the shop in real containers', { skip: cannotRun }, () => {
  let settings: any
  let clusterIp = ''
  let apiIp = ''

  before(async () => {
    await cox('up', '--no-switch')
    settings = JSON.parse(readFileSync(join(home, 'clusters', name, 'settings.json'), 'utf8'))
    env.KUBECONFIG = join(settings.dataDirectory, 'kubeconfig')
  })
  after(async () => {
    await cox('down', '--purge').catch(() => {})
    rmSync(home, { recursive: true, force: true })
  })

  test('images are built without a daemon, the same bytes every time, and listed', async () => {
    const build = async (...words: string[]) => JSON.parse(await cox('build', ...words, '--json')) as { digest: string }
    await build(join(shop, 'database'), '-t', 'shop/database:1', '--load')
    await build(join(shop, 'api'), '-t', 'shop/api:1', '--load')
    const first = await build(join(shop, 'web'), '-t', 'shop/web:1', '--load')
    const again = await build(join(shop, 'web'), '-t', 'shop/web:again', '--no-cache')
    const second = await build(join(shop, 'web'), '-t', 'shop/web:2', '--build-arg', 'VERSION=2')
    assert.equal(again.digest, first.digest)
    assert.notEqual(second.digest, first.digest)
    assert.match(await cox('image', 'load', 'shop/web:2'), /^loaded shop\/web:2$/m)
    const names = (JSON.parse(await cox('image', 'list', '--json')) as { name: string }[]).map((one) => one.name)
    assert.deepEqual(names, [
      'coxswain/node:latest',
      ...['shop/api:1', 'shop/database:1', 'shop/web:1', 'shop/web:2', 'shop/web:again'],
    ])
  })

  test('the three tiers roll out', async () => {
    // The port is left to the cluster: another shop may be open on this machine.
    await apply(readFileSync(join(shop, 'shop.yaml'), 'utf8').replace(', nodePort: 30080', ''))
    await kubectl('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=60s')
    clusterIp = await field('service web', '{.spec.clusterIP}')
    apiIp = await field('service api', '{.spec.clusterIP}')
    assert.match(await field('pod -l app=web', '{.items[0].status.containerStatuses[0].imageID}'), /shop\/web@sha256:/)
  })

  test('the front answers by ClusterIP, NodePort, name and environment variable', async () => {
    const node = await field('nodes', '{.items[0].status.addresses[0].address}')
    const port = await field('service web', '{.spec.ports[0].nodePort}')
    assert.equal((await call(`http://${clusterIp}/version`)).body.version, '1')
    assert.equal((await call(`http://${node}:${port}/version`)).body.version, '1')
    const inside = async (script: string) => JSON.parse(await kubectl('exec', 'deploy/api', '--', 'sh', '-c', script))
    assert.equal((await inside('wget -qO- http://web/version')).version, '1')
    assert.equal((await inside('wget -qO- http://web.shop.svc.cluster.local/version')).version, '1')
    assert.equal((await inside('wget -qO- http://$WEB_SERVICE_HOST:$WEB_SERVICE_PORT/version')).version, '1')
  })

  test('an order goes through all tiers and stays', async () => {
    const { status, body } = await call(`http://${clusterIp}/api/orders`, { post: { product: 'rope' } })
    assert.equal(status, 201)
    const kept = await call(`http://${clusterIp}/api/orders`)
    assert.deepEqual(kept.body, { [body.id]: { id: body.id, product: 'rope' } })
    assert.equal((await call(`http://${clusterIp}/api/orders`, { post: { product: 'anchor' } })).status, 422)
  })

  test('a rolling update under load fails no request, and is undone', async () => {
    const { answers, failures } = await underLoad(`http://${clusterIp}/version`, async () => {
      await kubectl('set', 'image', 'deployment/web', 'web=shop/web:2')
      await rolledOut('web')
    })
    assert.deepEqual(failures, [])
    assert.deepEqual([...new Set(answers.map(({ body }) => body.version))].sort(), ['1', '2'])
    // An old pod that is ending may answer until the proxy has heard of it, as on Kubernetes.
    await eventually('only version 2', async () =>
      (await call(`http://${clusterIp}/version`)).body.version === '2' ? true : undefined,
    )
    const undone = await underLoad(`http://${clusterIp}/version`, async () => {
      await kubectl('rollout', 'undo', 'deployment/web')
      await rolledOut('web')
    })
    assert.deepEqual(undone.failures, [])
    await eventually('only version 1', async () =>
      (await call(`http://${clusterIp}/version`)).body.version === '1' ? true : undefined,
    )
  })

  test('a container that ends is started again and counted', async () => {
    const pod = await field('pod -l app=database', '{.items[0].metadata.name}')
    await kubectl('exec', pod, '--', 'kill', '1')
    const restarts = await eventually('the restart', async () => {
      const count = await field(`pod ${pod}`, '{.status.containerStatuses[0].restartCount}')
      return count === '0' ? undefined : count
    })
    assert.equal(restarts, '1')
    await kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=60s')
    // Its file is the pod's, and outlives the container.
    assert.equal(Object.keys((await call(`http://${clusterIp}/api/orders`)).body).length, 1)
  })

  test('a deleted pod is replaced', async () => {
    const pod = await field('pod -l app=api', '{.items[0].metadata.name}')
    await kubectl('delete', 'pod', pod)
    await rolledOut('api')
    const names = (await field('pod -l app=api', '{.items[*].metadata.name}')).split(' ')
    assert.equal(names.length, 2)
    assert.ok(!names.includes(pod))
  })

  test('a pod whose readiness fails gets no requests until it is well again', async () => {
    await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=api', '--timeout=60s')
    const names = (await field('pod -l app=api', '{.items[*].metadata.name}')).split(' ')
    const [ill = '', well = ''] = names
    const serving = async () => {
      const answers = await Promise.all(Array.from({ length: 24 }, () => call(`http://${apiIp}:8080/products`)))
      return [...new Set(answers.map(({ body }) => body.servedBy))].sort()
    }
    assert.deepEqual(await serving(), [...names].sort())
    await kubectl('exec', ill, '--', 'touch', '/tmp/not-ready')
    await kubectl('wait', '--for=condition=Ready=false', `pod/${ill}`, '--timeout=30s')
    await eventually('the Service to leave it out', async () => ((await serving()).join() === well ? true : undefined))
    await kubectl('exec', ill, '--', 'rm', '/tmp/not-ready')
    await kubectl('wait', '--for=condition=Ready', `pod/${ill}`, '--timeout=30s')
    await eventually('the Service to take it back', async () => ((await serving()).length === 2 ? true : undefined))
  })

  test('after a reboot the shop is open again, at other addresses', async () => {
    await cox('down')
    await cox('up', '--no-switch')
    await eventually('the front and what is behind it', async () => {
      const answer = await call(`http://${clusterIp}/api/products`).catch(() => undefined)
      return answer?.status === 200 ? true : undefined
    })
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=30s')
  })

  test('down --purge leaves nothing behind', async () => {
    await cox('down', '--purge')
    const processes = readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
      .filter((pid) => {
        try {
          const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          return line.includes(home) || line.includes(`/run/coxswain/${name}/`)
        } catch {
          return false
        }
      })
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(home) || line.includes(`/run/coxswain/${name}/`))
    const cgroups = await command('find', '/sys/fs/cgroup', '-name', `coxswain-${name}`)
    const tables = (await command('nft', 'list', 'tables')).split('\n')
    const links = await command('ip', '-o', 'link')
    assert.deepEqual(
      {
        processes,
        mounts,
        cgroups,
        tables: tables.filter(
          (line) => line.endsWith(` ${settings.network.nftTable}`) || line.endsWith(` ${masqueradeTable(settings)}`),
        ),
        links: links.split('\n').filter((line) => line.includes(` ${bridgeOf(settings)}:`)),
        run: existsSync(`/run/coxswain/${name}`),
        kept: existsSync(settings.dataDirectory),
      },
      { processes: [], mounts: [], cgroups: '', tables: [], links: [], run: false, kept: false },
    )
  })
})
