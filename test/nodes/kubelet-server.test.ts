import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { Duplex } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { WebSocket } from 'ws'
import { createAuthority, issueCertificate } from '../../src/cluster/certificates/authority.ts'
import type { KeyPair } from '../../src/cluster/certificates/key-pair.ts'
import { kubeletHandlers } from '../../src/kubelet/index.ts'
import { systemClock } from '../../src/machinery/index.ts'
import {
  configMaps,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  serviceAccounts,
} from '../../src/resources/index.ts'
import { type Front, openFront, SpdyConnection, type SpdyStream } from '../../src/wire/index.ts'
import { type NodeCluster, shellImage, startNodeCluster } from '../fixtures/node-cluster.ts'

const isPossible = process.getuid?.() === 0 && existsSync('/usr/bin/containerd')
const namespace = 'default'

describe('kubelet server', isPossible ? {} : { skip: 'needs root and containerd' }, () => {
  let cluster: NodeCluster
  let front: Front
  let authority: KeyPair
  let masters: KeyPair
  let nobody: KeyPair
  let pod: Pod
  let kept = ''

  before(async () => {
    cluster = await startNodeCluster('kubeletserver', 42)
    const nowMs = Date.now()
    authority = createAuthority('kubernetes', nowMs, 1)
    const issue = (commonName: string, organizations: readonly string[], server: boolean) =>
      issueCertificate(
        authority,
        {
          commonName,
          organizations,
          names: ['localhost', '127.0.0.1'],
          days: 1,
          usages: [server ? 'server' : 'client'],
        },
        nowMs,
      )
    const serving = await issue('node-1', [], true)
    masters = await issue('apiserver', ['system:masters'], false)
    nobody = await issue('nobody', [], false)
    const handlers = kubeletHandlers(cluster.kubelet, { client: cluster.client, clientCa: () => authority.cert })
    front = await openFront({
      host: '127.0.0.1',
      port: 0,
      tls: { key: serving.key, cert: serving.cert, clientCa: authority.cert },
      clock: systemClock(),
      ...handlers,
    })
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'default' } }
    await cluster.client.create(serviceAccounts, account as never).catch(() => {})
    const ca = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: 'kube-root-ca.crt' },
      data: { 'ca.crt': 'CA' },
    }
    await cluster.client.create(configMaps, ca as never).catch(() => {})
    await bindLocalVolume()
    const script =
      'trap "exit 0" TERM; echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three; while :; do sleep 0.05; done'
    const restarted =
      'if [ -e /v/n ]; then echo second; while :; do sleep 0.05; done; else echo first; touch /v/n; exit 1; fi'
    await cluster.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: 'served' },
      spec: {
        nodeName: 'node-1',
        terminationGracePeriodSeconds: 1,
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'kept', persistentVolumeClaim: { claimName: 'kept' } },
        ],
        containers: [
          { name: 'main', image: shellImage, command: ['sh', '-c', script] },
          {
            name: 'again',
            image: shellImage,
            command: ['sh', '-c', restarted],
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
          },
          {
            name: 'reader',
            image: shellImage,
            command: ['sh', '-c', 'while read line; do echo got $line; done'],
            stdin: true,
            volumeMounts: [{ name: 'kept', mountPath: '/kept' }],
          },
        ],
      },
    } as never)
    pod = (await cluster.until(
      'served',
      (one) =>
        one?.status.containerStatuses?.every(({ ready }) => ready) === true &&
        one.status.containerStatuses[0]?.restartCount === 1,
    ))!
  })
  after(async () => {
    await front?.[Symbol.asyncDispose]()
    await cluster?.[Symbol.asyncDispose]()
    if (kept !== '') rmSync(kept, { recursive: true })
  })

  /** A directory of this machine as a volume, bound to the claim `kept`. */
  async function bindLocalVolume(): Promise<void> {
    kept = mkdtempSync('/var/tmp/cox-kept-')
    const size = { storage: '1Gi' }
    const shared = { accessModes: ['ReadWriteOnce'], storageClassName: '' }
    const claim = await cluster.client.create<PersistentVolumeClaim>(persistentVolumeClaims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name: 'kept' },
      spec: { ...shared, resources: { requests: size }, volumeName: 'kept' },
    } as never)
    const { uid } = claim.metadata
    const here = { key: 'kubernetes.io/hostname', operator: 'In', values: ['node-1'] }
    await cluster.client.create(persistentVolumes, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'kept' },
      spec: {
        ...{ ...shared, capacity: size, local: { path: kept } },
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: 'kept', uid },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } },
      },
    } as never)
    const status = { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: size }
    await cluster.client.update(persistentVolumeClaims, { ...claim, status } as never, 'status')
  }

  const tls = (pair: KeyPair | null) => ({
    ca: authority.cert,
    ...(pair === null ? {} : { key: pair.key, cert: pair.cert }),
  })
  const get = (path: string, pair: KeyPair | null = masters, method = 'GET') =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: front.port, path, method, agent: false, ...tls(pair) },
        (reply) => {
          const chunks: Buffer[] = []
          reply.on('data', (chunk) => chunks.push(chunk))
          reply.on('end', () => resolve({ status: reply.statusCode!, text: Buffer.concat(chunks).toString() }))
        },
      )
      call.on('error', reject)
      call.end()
    })
  const spdy = (path: string, protocol: string) =>
    new Promise<SpdyConnection>((resolve, reject) => {
      const headers = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': protocol }
      const call = request({
        host: '127.0.0.1',
        port: front.port,
        path,
        method: 'POST',
        agent: false,
        headers,
        ...tls(masters),
      })
      call.on('upgrade', (_, socket, head) => resolve(new SpdyConnection(socket, head)))
      call.on('response', (reply) => reject(new Error(`refused with ${reply.statusCode}`)))
      call.on('error', reject)
      call.end()
    })
  const webSocket = (path: string, protocol: string | undefined) => {
    const socket = new WebSocket(
      `wss://127.0.0.1:${front.port}${path}`,
      protocol === undefined ? [] : [protocol],
      tls(masters),
    )
    const messages: Buffer[] = []
    socket.on('message', (payload: Buffer) => messages.push(Buffer.from(payload)))
    const opened = new Promise<void>((resolve, reject) => {
      socket.on('open', () => resolve())
      socket.on('error', reject)
    })
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    return { socket, messages, opened, closed }
  }
  /** Bytes inside binary WebSocket messages. By hand: ws has no client for a protocol name with a slash. */
  const tunnel = (path: string, protocol: string) =>
    new Promise<Duplex>((resolve, reject) => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
        'Sec-WebSocket-Protocol': protocol,
      }
      const call = request({ host: '127.0.0.1', port: front.port, path, agent: false, headers, ...tls(masters) })
      call.on('response', (reply) => reject(new Error(`refused with ${reply.statusCode}`)))
      call.on('error', reject)
      call.on('upgrade', (reply, socket, head) => {
        assert.equal(reply.headers['sec-websocket-protocol'], protocol)
        resolve(framed(socket, head))
      })
      call.end()
    })
  const framed = (socket: Duplex, head: Buffer) => {
    let pending = head
    const bytes = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        const length = Buffer.from([0x82, 0x80 | 126, chunk.length >> 8, chunk.length & 255, 0, 0, 0, 0])
        socket.write(Buffer.concat([length, chunk]), () => done())
      },
    })
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 2) {
        const short = pending[1]! & 127
        const start = short === 126 ? 4 : 2
        if (pending.length < start) return
        const length = short === 126 ? pending.readUInt16BE(2) : short
        if (pending.length < start + length) return
        if ((pending[0]! & 15) === 2) bytes.push(pending.subarray(start, start + length))
        pending = pending.subarray(start + length)
      }
    })
    socket.on('close', () => bytes.push(null))
    return bytes
  }
  const textOf = async (stream: AsyncIterable<Uint8Array>) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  const command = (...words: string[]) => words.map((word) => `command=${encodeURIComponent(word)}`).join('&')
  const log = (query: string, container = 'main') => get(`/containerLogs/${namespace}/served/${container}?${query}`)

  test('asks who it is, and what they may', async () => {
    assert.deepEqual(await get('/healthz', null), { status: 401, text: 'Unauthorized\n' })
    const forbidden = await get('/pods', nobody)
    assert.equal(forbidden.status, 403)
    assert.match(
      forbidden.text,
      /^Forbidden \(user=nobody, verb=get, resource=nodes, subresource\(s\)=\[pods proxy\]\)/,
    )
    assert.deepEqual(await get('/healthz'), { status: 200, text: 'ok' })
  })

  test('gives logs: whole, in part, by stream, of the run before, with times', async () => {
    const endMs = Date.now() + 10_000
    while (!(await log('')).text.includes('three') && Date.now() < endMs) await systemClock().sleep(20)
    assert.equal((await log('')).text, 'one\ntwo\nthree\n')
    assert.equal((await log('tailLines=1')).text, 'three\n')
    assert.equal((await log('tailLines=0')).text, '')
    assert.equal((await log('limitBytes=5')).text, 'one\nt')
    assert.equal((await log('stream=Stderr')).text, 'two\n')
    assert.equal((await log('sinceTime=2100-01-01T00:00:00Z')).text, '')
    assert.match((await log('timestamps=true&tailLines=1')).text, /^\d{4}-\d\d-\d\dT\S+ three\n$/)
    assert.equal((await log('previous=true', 'again')).text, 'first\n')
    assert.equal((await log('', 'again')).text, 'second\n')
    assert.deepEqual(await log('previous=true'), {
      status: 400,
      text: 'previous terminated container "main" in pod "served" not found',
    })
  })

  test('gives logs over WebSocket, each protocol in its form', async () => {
    const forms: readonly [protocol: string, text: string][] = [
      ['binary.k8s.io', 'three\n'],
      ['channel.k8s.io', '\x01three\n'],
      ['base64.binary.k8s.io', Buffer.from('three\n').toString('base64')],
    ]
    for (const [protocol, text] of forms) {
      const { socket, messages, closed } = webSocket(`/containerLogs/${namespace}/served/main?tailLines=1`, protocol)
      await closed
      assert.deepEqual([socket.protocol, Buffer.concat(messages).toString()], [protocol, text])
    }
  })

  test('follows a log to the end of its container', async () => {
    await cluster.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: 'followed' },
      spec: {
        nodeName: 'node-1',
        restartPolicy: 'Never',
        containers: [
          { name: 'main', image: shellImage, command: ['sh', '-c', 'for i in 1 2 3 4; do echo $i; sleep 0.4; done'] },
        ],
      },
    } as never)
    await cluster.until('followed', (one) => one?.status.phase === 'Running')
    const { text } = await get(`/containerLogs/${namespace}/followed/main?follow=true`)
    assert.equal(text, '1\n2\n3\n4\n')
  })

  test('runs commands over SPDY, with streams of any size and exit codes', async () => {
    const script = 'md5sum; echo problem >&2; exit 7'
    const path = `/exec/${namespace}/served/main?input=1&output=1&error=1&${command('sh', '-c', script)}`
    const connection = await spdy(path, 'v5.channel.k8s.io, v4.channel.k8s.io')
    const open = (streamtype: string): SpdyStream => connection.open({ streamtype })
    const [errors, stdin, stdout, stderr] = ['error', 'stdin', 'stdout', 'stderr'].map(open)
    const large = Buffer.alloc(3_000_000, 'abc')
    const sent = stdin!.write(large).then(() => stdin!.end())
    const [out, problem, status] = await Promise.all([textOf(stdout!), textOf(stderr!), textOf(errors!), sent])
    assert.equal(out.toString(), `${createHash('md5').update(large).digest('hex')}  -\n`)
    assert.equal(problem.toString(), 'problem\n')
    const { reason, details } = JSON.parse(status.toString())
    assert.deepEqual([reason, details.causes], ['NonZeroExitCode', [{ reason: 'ExitCode', message: '7' }]])
  })

  test('runs commands over WebSocket, with an end of stdin in the fifth version', async () => {
    const path = `/exec/${namespace}/served/main?input=1&output=1&error=1&${command('md5sum')}`
    const { socket, messages, opened, closed } = webSocket(path, 'v5.channel.k8s.io')
    await opened
    const large = Buffer.alloc(2_000_000, 'xyz')
    for (let at = 0; at < large.length; at += 30_000)
      socket.send(Buffer.concat([Buffer.from([0]), large.subarray(at, at + 30_000)]))
    socket.send(Buffer.from([255, 0]))
    await closed
    const channel = (number: number) =>
      Buffer.concat(messages.filter((one) => one[0] === number).map((one) => one.subarray(1))).toString()
    assert.equal(channel(1), `${createHash('md5').update(large).digest('hex')}  -\n`)
    assert.equal(JSON.parse(channel(3)).status, 'Success')
  })

  test('speaks the oldest WebSocket protocol: output on its channel, and no Status', async () => {
    for (const protocol of ['channel.k8s.io', 'base64.channel.k8s.io']) {
      const path = `/exec/${namespace}/served/main?output=1&error=1&${command('echo', 'remote')}`
      const { socket, messages, closed } = webSocket(path, protocol)
      await closed
      assert.equal(socket.protocol, protocol)
      const filled = messages.map((one) => one.toString('latin1')).filter((text) => text.length > 1)
      assert.deepEqual(
        filled,
        protocol === 'channel.k8s.io' ? ['\x01remote\n'] : [`1${Buffer.from('remote\n').toString('base64')}`],
      )
    }
  })

  test('gives a terminal with its size', async () => {
    const path = `/exec/${namespace}/served/main?input=1&output=1&tty=1&${command('sh', '-c', 'read x; stty size 2>/dev/null || echo $x; tty >/dev/null && echo terminal')}`
    const { socket, messages, opened, closed } = webSocket(path, 'v4.channel.k8s.io')
    await opened
    socket.send(Buffer.concat([Buffer.from([4]), Buffer.from('{"Width":101,"Height":42}')]))
    socket.send(Buffer.from('\x00go\n'))
    await closed
    const out = Buffer.concat(messages.filter((one) => one[0] === 1).map((one) => one.subarray(1))).toString()
    assert.match(out, /go/)
  })

  test('attaches to what runs', async () => {
    const connection = await spdy(`/attach/${namespace}/served/reader?input=1&output=1&error=1`, 'v4.channel.k8s.io')
    const [, stdin, stdout] = ['error', 'stdin', 'stdout', 'stderr'].map((streamtype) =>
      connection.open({ streamtype }),
    )
    await stdin!.write(Buffer.from('hello\n'))
    for await (const chunk of stdout!) {
      assert.equal(Buffer.from(chunk).toString(), 'got hello\n')
      break
    }
    connection.close()
  })

  test('refuses what is not there', async () => {
    await assert.rejects(spdy(`/exec/${namespace}/served/none?output=1&${command('true')}`, 'v4.channel.k8s.io'), /404/)
    await assert.rejects(spdy(`/exec/${namespace}/served/main?output=1&${command('true')}`, 'v9'), /403/)
    assert.equal((await get('/nonsense')).status, 404)
  })

  test('forwards ports over SPDY, bare and inside a WebSocket', async () => {
    const echo = `require('net').createServer(s=>s.pipe(s)).listen(7777,()=>console.log('up'))`
    const { spawn } = await import('node:child_process')
    // The pod's image has no server: one is run in the pod's network from outside.
    const sandbox = (await cluster.runtime.observe(pod.metadata.uid)).containers.find(({ name }) => name === 'main')!
    const pid = await pidOf(sandbox.id)
    const server = spawn('nsenter', ['-t', String(pid), '-n', process.execPath, '-e', echo], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      await new Promise((resolve) => server.stdout.once('data', resolve))
      const path = `/portForward/${namespace}/served`
      const bare = await spdy(path, 'portforward.k8s.io')
      const tunnelled = new SpdyConnection(await tunnel(path, 'SPDY/3.1+portforward.k8s.io'), new Uint8Array(0))
      for (const connection of [bare, tunnelled]) {
        const about = { port: '7777', requestid: '0' }
        const errors = connection.open({ streamtype: 'error', ...about })
        errors.end()
        const bytes = connection.open({ streamtype: 'data', ...about })
        await bytes.write(Buffer.from('ping'))
        bytes.end()
        assert.deepEqual([(await textOf(bytes)).toString(), (await textOf(errors)).toString()], ['ping', ''])
        const refused = connection.open({ streamtype: 'error', port: '1', requestid: '1' })
        connection.open({ streamtype: 'data', port: '1', requestid: '1' })
        assert.match((await textOf(refused)).toString(), /connection refused/)
        connection.close()
      }
    } finally {
      server.kill()
    }
  })
  async function pidOf(containerId: string): Promise<number> {
    const { readdirSync, readFileSync } = await import('node:fs')
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      try {
        if (readFileSync(`/proc/${name}/cgroup`, 'utf8').includes(containerId)) return Number(name)
      } catch {
        // It ended while we looked.
      }
    }
    throw new Error('no process of the container was found')
  }

  test('tells of pods, usage and itself', async () => {
    const list = JSON.parse((await get('/pods')).text)
    assert.equal(
      list.items.some((one: Pod) => one.metadata.name === 'served'),
      true,
    )
    const running = JSON.parse((await get('/runningpods/')).text)
    assert.equal(running.kind, 'PodList')
    const summary = JSON.parse((await get('/stats/summary')).text)
    const mine = summary.pods.find((one: any) => one.podRef.name === 'served')
    assert.deepEqual(
      [summary.node.nodeName, mine.containers.length, mine.memory.workingSetBytes > 0],
      ['node-1', 3, true],
    )
    assert.deepEqual(
      mine.volume.map(({ name, pvcRef }: any) => [name, pvcRef?.name]),
      [
        ['v', undefined],
        ['kept', 'kept'],
        [mine.volume[2].name, undefined],
      ],
    )
    for (const fs of [...mine.volume, mine['ephemeral-storage'], summary.node.fs])
      assert.ok(fs.capacityBytes >= fs.availableBytes && fs.usedBytes > 0 && fs.inodesUsed >= 0, JSON.stringify(fs))
    assert.ok(summary.node.runtime.imageFs.capacityBytes > 0)
    for (const { rootfs, logs } of mine.containers) assert.ok(rootfs.usedBytes > 0 && logs.capacityBytes > 0)
    assert.deepEqual([mine.network.name, mine.network.interfaces.length], ['eth0', 1])
    assert.ok(mine.process_stats.process_count >= 3)
    assert.ok(summary.node.rlimit.maxpid > summary.node.rlimit.curproc)
    assert.ok(summary.node.systemContainers.some(({ name, memory }: any) => name === 'pods' && memory.usageBytes > 0))
    const brief = JSON.parse((await get('/stats/summary?only_cpu_and_memory=true')).text)
    const same = brief.pods.find((one: any) => one.podRef.name === 'served')
    assert.deepEqual([Object.keys(same).includes('volume'), same.containers.length], [false, 3])
    assert.match(
      (await get('/metrics/resource')).text,
      /^container_cpu_usage_seconds_total\{container="main",namespace="default",pod="served"\} [\d.]+ \d{13}$/m,
    )
    assert.match((await get('/metrics/cadvisor')).text, /^container_memory_rss\{container="main"/m)
    const { text } = await get('/metrics')
    for (const line of [
      /^kubelet_running_pods \d+$/m,
      /^kubelet_volume_stats_capacity_bytes\{namespace="default",persistentvolumeclaim="kept"\} [1-9]\d+$/m,
      /^kubelet_volume_stats_inodes_used\{namespace="default",persistentvolumeclaim="kept"\} \d+$/m,
      /^kubelet_volume_metric_collection_duration_seconds_count\{metric_source="statfs"\} [1-9]/m,
      /^storage_operation_duration_seconds_count\{migrated="false",operation_name="volume_mount",status="success",volume_plugin="kubernetes.io\/empty-dir"\} [1-9]/m,
      /^kubelet_node_startup_duration_seconds [\d.]+$/m,
      /^kubelet_runtime_operations_total\{operation_type="start_container"\} [1-9]/m,
      /^kubelet_run_podsandbox_duration_seconds_count\{runtime_handler=""\} [1-9]/m,
      /^kubelet_pod_start_sli_duration_seconds_count [1-9]/m,
      /^kubelet_pod_worker_duration_seconds_count\{operation_type="create"\} [1-9]/m,
      /^kubelet_started_containers_total\{container_type="container"\} [1-9]/m,
      /^kubelet_pleg_relist_duration_seconds_count [1-9]/m,
      /^kubelet_http_requests_total\{long_running="false",method="GET",path="metrics\/cadvisor",server_type="readwrite"\} 1$/m,
      /^kubelet_image_manager_ensure_image_requests_total\{present_locally="true",pull_policy="ifnotpresent",pull_required="false"\} [1-9]/m,
    ])
      assert.match(text, line)
    assert.equal((await get('/constructor')).status, 404)
    assert.equal(JSON.parse((await get('/configz')).text).kubeletconfig.kind, 'KubeletConfiguration')
    assert.equal(
      (await get(`/run/${namespace}/served/main?cmd=${encodeURIComponent('echo ran')}`, masters, 'POST')).text,
      'ran\n',
    )
  })
})
