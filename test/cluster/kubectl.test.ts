import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { after, before, suite, test } from 'node:test'
import * as k8s from '@kubernetes/client-node'
import { bridgeOf, type ContainerdSettings } from '../../src/kubelet/containerd/config.ts'
import { cannotRun, eventually, realCluster, root } from '../fixtures/real-cluster.ts'
import { shellImageArchive } from '../fixtures/shell-image.ts'

const cluster = realCluster('kubectl-test')
const { apply, env, home, kubectl, outcomeOf, name } = cluster

const cox = (...words: string[]) => outcomeOf(join(root, 'cox'), ...words, '--name', name)
const noServer = existsSync('/usr/bin/busybox') || existsSync('/bin/busybox') ? false : 'busybox is missing'

const firstPod = async (app = 'web') =>
  (
    await kubectl(
      'get',
      'pods',
      '-l',
      `app=${app}`,
      '--field-selector=status.phase=Running',
      '-o',
      'jsonpath={.items[0].metadata.name}',
    )
  ).trim()

suite('a real cluster under kubectl', { skip: cannotRun }, () => {
  before(async () => {
    const up = await cox('up', '--json')
    assert.equal(up.code, 0, up.err)
    assert.equal(JSON.parse(up.out).context, `cox-${name}`)
    const archive = join(home, 'shell.tar')
    writeFileSync(archive, shellImageArchive('docker.io/library/shell:1'))
    const loaded = await outcomeOf(
      'ctr',
      ...['-a', `/run/coxswain/${name}/containerd.sock`, '-n', 'k8s.io', 'images', 'import', archive],
    )
    assert.equal(loaded.code, 0, loaded.err)
  })
  after(async () => {
    await cox('down', '--purge')
    rmSync(home, { recursive: true, force: true })
  })

  test('up again changes nothing, and status is healthy', async () => {
    const again = await cox('up')
    assert.equal(again.code, 0)
    assert.match(again.err, /already running; nothing was changed/)
    assert.equal((await cox('status')).code, 0)
    const other = await cox('up', '--nodes', '2')
    assert.equal(other.code, 1)
    assert.match(other.err, /running with other settings \(nodes is 1, not 2\)/)
  })

  test('a deployment is rolled out, its logs read, its containers entered', async () => {
    await apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: 'web',
                image: 'shell:1',
                command: [
                  'sh',
                  '-c',
                  'mkdir -p /tmp; trap "exit 0" TERM; echo hello from $HOSTNAME; while true; do sleep 0.2; done',
                ],
              },
            ],
          },
        },
      },
    })
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    const pod = await firstPod()
    assert.equal(await kubectl('logs', pod), `hello from ${pod}\n`)
    assert.match(await kubectl('get', 'pods', '-l', 'app=web', '-o', 'wide'), /1\/1\s+Running\s+0/)
    assert.match(await kubectl('describe', 'pod', pod), /Started\s+\S+\s+kubelet/)
    const left = await outcomeOf(
      'kubectl',
      ...[
        'exec',
        pod,
        '--',
        'sh',
        '-c',
        'cat /etc/resolv.conf; ls /var/run/secrets/kubernetes.io/serviceaccount; exit 3',
      ],
    )
    assert.equal(left.code, 3)
    assert.match(
      left.out,
      /search default.svc.cluster.local svc.cluster.local cluster.local[\s\S]*ca.crt\nnamespace\ntoken/,
    )
  })

  test('files go in and come back unchanged', async () => {
    const pod = await firstPod()
    const file = join(home, 'big')
    writeFileSync(file, Buffer.from(Array.from({ length: 3 << 20 }, (_, at) => (at * 7919) % 251)))
    await kubectl('cp', file, `${pod}:/tmp/big`)
    await kubectl('cp', `${pod}:/tmp/big`, `${file}.back`)
    assert.ok(readFileSync(file).equals(readFileSync(`${file}.back`)))
  })

  for (const transport of ['WebSocket', 'SPDY'] as const) {
    test(`kubectl port-forward carries traffic over ${transport}`, { skip: noServer }, async () => {
      const pod = `web-server-${transport.toLowerCase()}`
      await apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: pod, labels: { app: pod } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: 'server',
              image: 'shell:1',
              command: [
                'sh',
                '-c',
                'mkdir -p /www; seq 1 300000 > /www/numbers; exec busybox httpd -f -p 127.0.0.1:8080 -h /www',
              ],
            },
          ],
        },
      })
      await kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=60s')
      const forward = spawn('kubectl', ['port-forward', `pod/${pod}`, ':8080'], {
        env: { ...env, KUBECTL_PORT_FORWARD_WEBSOCKETS: String(transport === 'WebSocket') },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const complaints: string[] = []
      forward.stderr.on('data', (chunk) => complaints.push(String(chunk)))
      try {
        const port = await new Promise<string>((resolve, reject) => {
          let text = ''
          forward.stdout.on('data', (chunk) => {
            text += chunk
            const found = /Forwarding from 127\.0\.0\.1:(\d+) -> 8080/.exec(text)
            if (found !== null) resolve(found[1]!)
          })
          forward.once('exit', (code) =>
            reject(new Error(`kubectl port-forward ended with ${code}: ${complaints.join('')}`)),
          )
        })
        const expected = Array.from({ length: 300_000 }, (_, at) => `${at + 1}\n`).join('')
        const get = async () => (await fetch(`http://127.0.0.1:${port}/numbers`)).text()
        // One after the other, then several at once: each connection has streams of its own.
        assert.ok((await eventually('the server', () => get().catch(() => undefined))) === expected)
        for (const text of await Promise.all(Array.from({ length: 6 }, get))) assert.ok(text === expected)
        assert.equal((await fetch(`http://127.0.0.1:${port}/nothing`)).status, 404)
        assert.deepEqual(complaints, [])
      } finally {
        forward.kill('SIGINT')
        await kubectl('delete', 'pod', pod, '--wait=false')
      }
    })
  }

  test('the official client reads logs and runs commands', async () => {
    const config = new k8s.KubeConfig()
    config.loadFromFile(join(home, 'kubeconfig'))
    const pod = await firstPod()
    const log = await config.makeApiClient(k8s.CoreV1Api).readNamespacedPodLog({ name: pod, namespace: 'default' })
    assert.equal(log, `hello from ${pod}\n`)
    const text = (stream: PassThrough) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk) => chunks.push(chunk))
      return () => Buffer.concat(chunks).toString()
    }
    const [out, err] = [new PassThrough(), new PassThrough()]
    const [read, readErrors] = [text(out), text(err)]
    const status = await new Promise<k8s.V1Status>((resolve, reject) => {
      const command = ['sh', '-c', 'cat; echo oops >&2; exit 7']
      new k8s.Exec(config)
        .exec('default', pod, 'web', command, out, err, Readable.from(['typed in']), false, resolve)
        .catch(reject)
    })
    assert.deepEqual(
      [read(), readErrors(), status.reason, status.details?.causes?.[0]?.message],
      ['typed in', 'oops\n', 'NonZeroExitCode', '7'],
    )
  })

  test('a container that dies comes back and is counted', async () => {
    const pod = await firstPod()
    await outcomeOf('kubectl', 'exec', pod, '--', 'sh', '-c', 'kill -TERM 1')
    await eventually('a restart', async () =>
      (await kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}')) === '1'
        ? true
        : undefined,
    )
    await kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=60s')
    assert.equal(await kubectl('logs', pod, '--previous'), `hello from ${pod}\n`)
  })

  test('the cluster process is killed: it comes back, and containers are adopted, not restarted', async () => {
    const ids = () =>
      kubectl(
        'get',
        'pods',
        '-l',
        'app=web',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name}={.status.containerStatuses[0].containerID} {end}',
      )
    const before = await ids()
    const state = JSON.parse(readFileSync(join(home, 'clusters', name, 'run/state.json'), 'utf8'))
    process.kill(state.cluster.pid, 'SIGKILL')
    await eventually('a healthy cluster', async () => {
      const now = JSON.parse(readFileSync(join(home, 'clusters', name, 'run/state.json'), 'utf8'))
      return now.cluster.pid !== state.cluster.pid && (await cox('status')).code === 0 ? true : undefined
    })
    const [pod = ''] = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).split('\n')
    await eventually('an answer of the container', async () =>
      (await outcomeOf('kubectl', 'exec', pod, '--', 'true')).code === 0 ? true : undefined,
    )
    assert.equal(await ids(), before)
  })

  test('down leaves nothing, and up brings the same state back', async () => {
    const names = await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')
    assert.equal((await cox('down')).code, 0)
    const { out: processes } = await outcomeOf('ps', '-eo', 'args')
    assert.doesNotMatch(processes, new RegExp(`--name ${name}\\b|/run/coxswain/${name}/`))
    assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(home))
    assert.equal(
      existsSync(`/sys/fs/cgroup/memory/coxswain-${name}`) || existsSync(`/sys/fs/cgroup/coxswain-${name}`),
      false,
    )
    const bridge = bridgeOf({ name } as ContainerdSettings)
    assert.doesNotMatch((await outcomeOf('ip', '-o', 'link')).out, new RegExp(`: ${bridge}:`))
    assert.equal((await cox('up')).code, 0)
    await kubectl('wait', '--for=condition=Available', 'deployment/web', '--timeout=60s')
    assert.equal(await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name'), names)
  })

  test('a namespace goes with all that is in it', async () => {
    await kubectl('create', 'namespace', 'short-lived')
    await kubectl(
      '-n',
      'short-lived',
      'create',
      'deployment',
      'd',
      '--image=shell:1',
      '--',
      'sh',
      '-c',
      'trap "exit 0" TERM; while true; do sleep 0.2; done',
    )
    await kubectl('-n', 'short-lived', 'wait', '--for=condition=Available', 'deployment/d', '--timeout=60s')
    await kubectl('delete', 'namespace', 'short-lived', '--timeout=60s')
    assert.notEqual((await outcomeOf('kubectl', 'get', 'namespace', 'short-lived')).code, 0)
  })
})
