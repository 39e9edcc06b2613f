import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../src/machinery/index.ts'
import type { Container, Pod, PodSpec } from '../../src/resources/index.ts'
import {
  configMaps,
  nodes,
  pods,
  priorityClasses,
  runtimeClasses,
  secrets,
  serviceAccounts,
} from '../../src/resources/index.ts'
import { type NodeCluster, shellImage, startNodeCluster } from '../fixtures/node-cluster.ts'

const isPossible = process.getuid?.() === 0 && existsSync('/usr/bin/containerd')
const options = isPossible ? {} : { skip: 'needs root and containerd' }
const namespace = 'default'

describe('kubelet on containerd', options, () => {
  let cluster: NodeCluster
  before(async () => {
    cluster = await startNodeCluster('kubelettest', 41)
    const create = (of: any, object: object) => cluster.client.create(of, object as never)
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'default' } }
    await create(serviceAccounts, account).catch(() => {})
    const ca = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: 'kube-root-ca.crt' },
      data: { 'ca.crt': 'CA' },
    }
    await create(configMaps, ca).catch(() => {})
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  const shell = (script: string, rest: Partial<Container> = {}): Container => ({
    name: 'main',
    image: shellImage,
    command: ['sh', '-c', script],
    ...rest,
  })
  const forever = 'trap "exit 0" TERM; while :; do sleep 0.05; done'
  const run = (name: string, spec: Partial<PodSpec>, metadata: object = {}): Promise<Pod> =>
    cluster.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name, ...metadata },
      spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 5, ...spec },
    } as never)
  const isReady = (pod: Pod | undefined) =>
    pod?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
  const inPhase = (phase: string) => (pod: Pod | undefined) => pod?.status.phase === phase
  const main = (pod: Pod | undefined) => pod?.status.containerStatuses?.find(({ name }) => name === 'main')
  const waitsFor = (reason: string) => (pod: Pod | undefined) => main(pod)?.state?.waiting?.reason === reason
  const execute = async (pod: Pod | undefined, script: string) => {
    const id = main(pod)!.containerID!.replace('containerd://', '')
    const { stdout, stderr, exitCode } = await cluster.runtime.execSync(id, ['sh', '-c', script], 10)
    return { exitCode, text: Buffer.concat([stdout, stderr]).toString().trim() }
  }
  const pause = () => systemClock().sleep(50)
  const eventsOf = (name: string) => cluster.events.filter(({ about }) => about === name)

  describe('with nothing in the way', { concurrency: 4 }, () => {
    test('an image is a volume of its files, for all containers of a pod, and is let go with it', async (t) => {
      const mounted = { volumeMounts: [{ name: 'files', mountPath: '/image' }] }
      const volumes = [{ name: 'files', image: { reference: shellImage, pullPolicy: 'IfNotPresent' as const } }]
      const other = { ...shell(forever, mounted), name: 'other' }
      await run('image-volume', { volumes, containers: [shell(forever, mounted), other] })
      const pod = await cluster.until('image-volume', isReady)
      assert.equal((await execute(pod, 'cat /image/etc/passwd')).text, (await execute(pod, 'cat /etc/passwd')).text)
      assert.match((await execute(pod, 'touch /image/x')).text, /Read-only file system/)
      await cluster.client.delete(pods, { namespace, name: 'image-volume' })
      await cluster.until('image-volume', (gone) => gone === undefined)
      await run('image-volume-lost', {
        volumes: [{ name: 'files', image: { reference: 'nowhere.invalid/none:1', pullPolicy: 'Never' as const } }],
        containers: [shell(forever, mounted)],
      })
      await cluster.until('image-volume-lost', waitsFor('ErrImageNeverPull'))
      // An image that cannot be had is nothing that was to be mounted; a mount that failed is tried again, and counted again.
      const { requested, mounted: done, failed } = cluster.kubelet.imageVolumes
      assert.deepEqual({ done, left: requested - failed }, { done: 2, left: 2 })
      if (failed > 0)
        t.diagnostic(
          eventsOf('image-volume')
            .map(({ reason, message }) => `${reason}: ${message}`)
            .join('\n'),
        )
    })

    test('runs a pod with its environment, hosts file and token, and ends it gracefully', async () => {
      await run('plain', { containers: [shell(forever, { env: [{ name: 'WHO', value: 'me' }] })], subdomain: 'sub' })
      const pod = await cluster.until('plain', isReady)
      const { text } = await execute(
        pod,
        'echo $WHO; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo; cat /etc/hosts',
      )
      assert.match(text, /^me\ndefault\n# Kubernetes-managed hosts file\.\n/)
      assert.match(text, new RegExp(`${pod!.status.podIP}\tplain.sub.default.svc.cluster.local\tplain`))
      await cluster.client.delete(pods, { namespace, name: 'plain' })
      await cluster.until('plain', (gone) => gone === undefined)
      assert.deepEqual(
        eventsOf('plain').map(({ reason, message }) => `${reason}: ${message}`),
        [
          `Pulled: Container image "${shellImage}" already present on machine and can be accessed by the pod`,
          'Created: Container created',
          'Started: Container started',
          'Killing: Stopping container main',
        ],
      )
      const left = await cluster.runtime.observe(pod!.metadata.uid)
      assert.deepEqual(left, { sandboxes: [], containers: [] })
    })

    const counting =
      'n=$(cat /v/n 2>/dev/null || echo 0); echo $((n+1)) > /v/n; [ $n = 0 ] && exit 1; [ $n = 1 ] && exit 0; '
    const volume = { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] }
    const mounted = { volumeMounts: [{ name: 'v', mountPath: '/v' }] }
    const policies: readonly ['Always' | 'OnFailure' | 'Never', phase: string, restarts: number][] = [
      ['Always', 'Running', 2],
      ['OnFailure', 'Succeeded', 1],
      ['Never', 'Failed', 0],
    ]
    for (const [restartPolicy, phase, restarts] of policies)
      test(`fails, succeeds, then runs: ${phase} after ${restarts} restarts under ${restartPolicy}`, async () => {
        const name = `restart-${restartPolicy.toLowerCase()}`
        await run(name, { restartPolicy, ...volume, containers: [shell(counting + forever, mounted)] })
        const pod = await cluster.until(
          name,
          (one) =>
            one?.status.phase === phase &&
            main(one)?.restartCount === restarts &&
            (phase !== 'Running' || isReady(one)),
          40,
        )
        assert.equal(main(pod)?.ready, phase === 'Running')
      })

    test('runs init containers one by one before the main ones', async () => {
      const append = (word: string) => shell(`echo ${word} >> /v/order`, { name: word, ...mounted })
      await run('init', {
        ...volume,
        initContainers: [append('one'), append('two')],
        containers: [shell(forever, mounted)],
      })
      const pod = await cluster.until('init', isReady)
      assert.equal((await execute(pod, 'cat /v/order')).text, 'one\ntwo')
    })

    test('fails for good when an init container fails under Never', async () => {
      await run('init-fails', {
        restartPolicy: 'Never',
        initContainers: [shell('exit 3', { name: 'one' })],
        containers: [shell(forever)],
      })
      const pod = await cluster.until('init-fails', inPhase('Failed'))
      assert.deepEqual(main(pod)?.state, { waiting: { reason: 'PodInitializing' } })
      assert.equal(pod?.status.initContainerStatuses?.[0]?.state?.terminated?.exitCode, 3)
    })

    test('ends a sidecar after the main container is done', async () => {
      const side = shell(forever, { name: 'side', restartPolicy: 'Always' })
      await run('sidecar', { restartPolicy: 'Never', initContainers: [side], containers: [shell('sleep 0.2')] })
      const pod = await cluster.until('sidecar', inPhase('Succeeded'))
      assert.equal(pod?.status.initContainerStatuses?.[0]?.state?.terminated?.exitCode, 0)
    })

    test('runs postStart before it counts as started, and preStop before the signal', async () => {
      const lifecycle = {
        postStart: { exec: { command: ['sh', '-c', 'echo post > /v/log'] } },
        preStop: { exec: { command: ['sh', '-c', 'echo pre >> /v/log; sleep 0.3'] } },
      }
      const hostPath = { path: `/var/tmp/cox-hooks-${process.pid}`, type: 'DirectoryOrCreate' as const }
      await run('hooks', {
        volumes: [{ name: 'v', hostPath }],
        containers: [
          shell('trap "echo term >> /v/log; exit 0" TERM; while :; do sleep 0.05; done', { lifecycle, ...mounted }),
        ],
      })
      const pod = await cluster.until('hooks', isReady)
      assert.equal((await execute(pod, 'cat /v/log')).text, 'post')
      await cluster.client.delete(pods, { namespace, name: 'hooks' })
      await cluster.until('hooks', (gone) => gone === undefined)
      const { readFileSync, rmSync } = await import('node:fs')
      const log = readFileSync(`${hostPath.path}/log`, 'utf8')
      rmSync(hostPath.path, { recursive: true })
      assert.equal(log, 'post\npre\nterm\n')
    })

    test('kills what fails its liveness probe, and starts it again', async () => {
      const livenessProbe = {
        exec: { command: ['cat', '/tmp/alive'] },
        periodSeconds: 1,
        failureThreshold: 1,
        initialDelaySeconds: 1,
      }
      await run('liveness', {
        containers: [shell(`mkdir -p /tmp; touch /tmp/alive; sleep 1.5; rm /tmp/alive; ${forever}`, { livenessProbe })],
      })
      const pod = await cluster.until('liveness', (one) => (main(one)?.restartCount ?? 0) >= 1, 40)
      assert.equal(main(pod)?.lastState?.terminated !== undefined, true)
      const texts = eventsOf('liveness').map(({ message }) => message)
      assert.equal(texts.includes('Container main failed liveness probe, will be restarted'), true)
      assert.match(texts.find((text) => text.startsWith('Liveness probe failed')) ?? '', /No such file/)
    })

    test('is ready only while its readiness probe says so', async () => {
      const readinessProbe = { exec: { command: ['cat', '/v/ready'] }, periodSeconds: 1, failureThreshold: 1 }
      await run('readiness', { ...volume, containers: [shell(forever, { readinessProbe, ...mounted })] })
      const unready = await cluster.until('readiness', (one) => main(one)?.started === true)
      assert.equal(isReady(unready), false)
      await execute(unready, 'touch /v/ready')
      await cluster.until('readiness', isReady)
      await execute(unready, 'rm /v/ready')
      const again = await cluster.until('readiness', (one) => !isReady(one))
      assert.equal(main(again)?.restartCount, 0)
    })

    test('waits for a missing ConfigMap, then starts with it', async () => {
      const env = [{ name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'late', key: 'colour' } } }]
      await run('late', { containers: [shell(forever, { env })] })
      const waiting = await cluster.until('late', waitsFor('CreateContainerConfigError'))
      assert.equal(main(waiting)?.state?.waiting?.message, 'configmap "late" not found')
      await cluster.client.create(configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace, name: 'late' },
        data: { colour: 'blue' },
      } as never)
      const pod = await cluster.until('late', isReady, 40)
      assert.equal((await execute(pod, 'echo $COLOUR')).text, 'blue')
    })

    test('shows changes of a ConfigMap and a Secret in their volumes', async () => {
      const meta = { metadata: { namespace, name: 'changing' } }
      const map = await cluster.client.create(configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        ...meta,
        data: { a: '1' },
      } as never)
      await cluster.client.create(secrets, {
        apiVersion: 'v1',
        kind: 'Secret',
        ...meta,
        stringData: { s: 'x' },
        data: { s: 'eA==' },
      } as never)
      const projected = { sources: [{ configMap: { name: 'changing' } }, { secret: { name: 'changing' } }] }
      await run('changing', { volumes: [{ name: 'v', projected }], containers: [shell(forever, mounted)] })
      const pod = await cluster.until('changing', isReady)
      assert.equal((await execute(pod, 'cat /v/a /v/s; touch /v/b 2>/dev/null || echo readonly')).text, '1xreadonly')
      await cluster.client.update(configMaps, { ...map, data: { a: '2' } } as never)
      const endMs = Date.now() + 60_000
      let text = ''
      while (text !== '2' && Date.now() < endMs) text = (await execute(pod, 'cat /v/a; sleep 0.5')).text
      assert.equal(text, '2')
    })

    test('says why an image is not there', async () => {
      await run('never-pull', { containers: [shell('', { image: 'nothing:1', imagePullPolicy: 'Never' })] })
      await run('no-registry', { containers: [shell('', { image: '127.0.0.1:1/nothing:1' })] })
      await run('bad-name', { containers: [shell('', { image: 'BAD::NAME' })] })
      const never = await cluster.until('never-pull', waitsFor('ErrImageNeverPull'))
      assert.equal(never?.status.phase, 'Pending')
      const refused = await cluster.until('no-registry', waitsFor('ErrImagePull'))
      assert.match(main(refused)?.state?.waiting?.message ?? '', /connection refused/)
      await cluster.until('bad-name', waitsFor('InvalidImageName'))
      await cluster.until('no-registry', waitsFor('ImagePullBackOff'), 40)
    })

    test('reads termination messages from the file, and from the log where it may', async () => {
      const fallback = { terminationMessagePolicy: 'FallbackToLogsOnError' as const }
      await run('message', {
        restartPolicy: 'Never',
        containers: [shell('echo -n DONE > /dev/termination-log; exit 1', fallback)],
      })
      await run('message-log', {
        restartPolicy: 'Never',
        containers: [shell('echo first; echo last; exit 1', fallback)],
      })
      await run('message-none', { restartPolicy: 'Never', containers: [shell('echo words; exit 0', fallback)] })
      const messageOf = async (name: string, phase: string) =>
        main(await cluster.until(name, inPhase(phase)))?.state?.terminated?.message
      assert.deepEqual(
        await Promise.all([
          messageOf('message', 'Failed'),
          messageOf('message-log', 'Failed'),
          messageOf('message-none', 'Succeeded'),
        ]),
        ['DONE', 'first\nlast\n', undefined],
      )
    })

    test('fails a pod that is past its deadline', async () => {
      await run('deadline', { activeDeadlineSeconds: 1, containers: [shell(forever)] })
      const pod = await cluster.until('deadline', inPhase('Failed'))
      assert.equal(pod?.status.reason, 'DeadlineExceeded')
    })

    test('refuses what the node cannot take', async () => {
      await run('too-large', { containers: [shell(forever, { resources: { requests: { memory: '9000Gi' } } })] })
      const large = await cluster.until('too-large', inPhase('Failed'))
      assert.equal(large?.status.reason, 'OutOfmemory')
    })

    test('holds containers to their limits and users', async () => {
      await run('limits', {
        securityContext: { runAsUser: 1234, runAsGroup: 5678, fsGroup: 4321 },
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          shell(
            `id -u; id -g; id -G; touch /v/mine; stat -c %g /v/mine; grep -E "NoNewPrivs|CapEff" /proc/self/status; ${forever}`,
            {
              ...mounted,
              resources: { limits: { cpu: '500m', memory: '64Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ),
        ],
      })
      const pod = await cluster.until('limits', isReady)
      assert.equal(pod?.status.qosClass, 'Guaranteed')
      const { text } = await execute(
        pod,
        'id -u; id -g; id -G; touch /v/mine; stat -c %g /v/mine; grep NoNewPrivs /proc/self/status; touch /x || true',
      )
      assert.match(text, /^1234\n5678\n5678 4321\n4321\nNoNewPrivs:\t1\n.*Read-only file system$/)
      const [usage] = await cluster.runtime.usage(pod!.metadata.uid)
      assert.equal(usage !== undefined && usage.workingSetBytes > 0, true)
    })

    test('tells that a container ran out of memory', async () => {
      const eat = 'x=a; while :; do x=$x$x; done'
      await run('oom', {
        restartPolicy: 'Never',
        containers: [shell(eat, { resources: { limits: { memory: '20Mi' } } })],
      })
      const pod = await cluster.until('oom', inPhase('Failed'))
      assert.equal(main(pod)?.state?.terminated?.reason, 'OOMKilled')
    })

    test('changes the size of what runs, restarts where told to, and is not asked for what the node has not', async () => {
      const size = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } })
      const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }]
      await run('resized', { containers: [shell(forever, { resources: size('100m', '32Mi'), resizePolicy })] })
      const before = await cluster.until('resized', isReady)
      const resize = (resources: object) =>
        cluster.client.patch(
          pods,
          { namespace, name: 'resized' },
          { type: 'strategic', body: { spec: { containers: [{ name: 'main', resources }] } } },
          'resize',
        )
      await resize(size('200m', '32Mi'))
      const shares = async () => {
        const { containers } = await cluster.runtime.observe(before!.metadata.uid)
        return containers.find(({ state }) => state === 'running')?.resources
      }
      const cpuOf = (pod: Pod | undefined) => main(pod)?.resources?.limits?.['cpu']
      const larger = await cluster.until('resized', (one) => cpuOf(one) === '200m')
      assert.deepEqual([(await shares())?.cpuQuotaUs, main(larger)?.restartCount], [20_000, 0])
      await resize(size('200m', '48Mi'))
      await cluster.until('resized', (one) => main(one)?.restartCount === 1 && isReady(one))
      assert.equal((await shares())?.memoryLimitBytes, 48 * 1024 * 1024)
      await assert.rejects(resize(size('9000', '48Mi')), /node didn't have enough allocatable resources: cpu/)
      await resize(size('100m', '48Mi'))
      await cluster.until(
        'resized',
        (one) => cpuOf(one) === '100m' && !one?.status.conditions?.some(({ type }) => type === 'PodResizePending'),
      )
    })

    const crun = existsSync('/usr/bin/crun') ? {} : { skip: 'needs crun' }
    test('runs a pod of a RuntimeClass on crun', crun, async () => {
      const runtimeClass = {
        apiVersion: 'node.k8s.io/v1',
        kind: 'RuntimeClass',
        metadata: { name: 'crun' },
        handler: 'crun',
      }
      await cluster.client.create(runtimeClasses, runtimeClass as never)
      await run('on-crun', { runtimeClassName: 'crun', ...volume, containers: [shell(forever, mounted)] })
      const pod = await cluster.until('on-crun', isReady)
      assert.equal((await execute(pod, 'echo here > /v/x; cat /v/x')).text, 'here')
      await cluster.client.delete(pods, { namespace, name: 'on-crun' })
      await cluster.until('on-crun', (gone) => gone === undefined)
    })

    test('does not wait for a slow hook when the pod is deleted', async () => {
      const lifecycle = { postStart: { exec: { command: ['sleep', '60'] } } }
      await run('slow-hook', { containers: [shell(forever, { lifecycle })] })
      const endMs = Date.now() + 20_000
      while (!eventsOf('slow-hook').some(({ reason }) => reason === 'Started') && Date.now() < endMs) await pause()
      await cluster.client.delete(pods, { namespace, name: 'slow-hook' })
      await cluster.until('slow-hook', (gone) => gone === undefined, 15)
    })

    test('evicts what writes more than it may', async () => {
      const volumes = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }]
      await run('writes', {
        volumes,
        containers: [shell(`sleep 0.5; dd if=/dev/zero of=/v/big bs=1M count=3 2>/dev/null; ${forever}`, mounted)],
      })
      const pod = await cluster.until('writes', inPhase('Failed'), 40)
      assert.deepEqual(
        [pod?.status.reason, pod?.status.message],
        ['Evicted', 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". '],
      )
    })
  })

  test('keeps what runs while containerd is gone, and goes on with it after', async () => {
    await run('survivor', { containers: [shell(forever)] })
    const before = await cluster.until('survivor', isReady)
    cluster.killContainerd()
    const endMs = Date.now() + 20_000
    while (cluster.containerdRestarts() === 0 && Date.now() < endMs) await pause()
    await run('after-restart', { containers: [shell(forever)] })
    await cluster.until('after-restart', isReady)
    const later = await cluster.until('survivor', isReady)
    assert.deepEqual([main(later)?.containerID, main(later)?.restartCount], [main(before)?.containerID, 0])
  })

  test('keeps the last words of a finished pod over its own restart', async () => {
    await run('finished', { restartPolicy: 'Never', containers: [shell('echo -n bye > /dev/termination-log')] })
    const before = await cluster.until('finished', inPhase('Succeeded'))
    await cluster.restartKubelet()
    await run('finished-next', { containers: [shell(forever)] })
    await cluster.until('finished-next', isReady)
    const later = await cluster.until('finished', inPhase('Succeeded'))
    assert.deepEqual([later?.status, main(later)?.state?.terminated?.message], [before?.status, 'bye'])
  })

  test('adopts what runs when it starts again, and ends what was deleted meanwhile', async () => {
    await run('adopted', { containers: [shell(forever)] })
    const before = await cluster.until('adopted', isReady)
    await cluster.restartKubelet()
    await run('adopted-next', { containers: [shell(forever)] })
    await cluster.until('adopted-next', isReady)
    const later = await cluster.until('adopted', isReady)
    assert.deepEqual([main(later)?.containerID, main(later)?.restartCount], [main(before)?.containerID, 0])
  })

  test('evicts the least important pod while its node is short of memory, and takes none that asked for none', async () => {
    const low = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'low' }, value: -10 }
    await cluster.client.create(priorityClasses, low as never)
    await run('least', { priorityClassName: 'low', containers: [shell(forever)] })
    await cluster.until('least', isReady)
    cluster.leave({ 'memory.available': { available: 2 ** 20, capacity: 2 ** 30 } })
    const pod = await cluster.until('least', inPhase('Failed'), 120)
    // As soon as it has ended there is room again, before another has to go.
    cluster.leave({})
    assert.equal(pod?.status.reason, 'Evicted')
    assert.match(
      pod?.status.message ?? '',
      /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: 1Mi\. Container main was using \w+, request is 0, has larger consumption of memory\. $/,
    )
    const disruption = pod?.status.conditions?.find(({ type }) => type === 'DisruptionTarget')
    assert.deepEqual([disruption?.status, disruption?.reason], ['True', 'TerminationByKubelet'])
    assert.ok(
      eventsOf('node-1').some(
        ({ reason, message }) => `${reason} ${message}` === 'EvictionThresholdMet Attempting to reclaim memory',
      ),
    )
    const endMs = Date.now() + 30_000
    const isShort = async () =>
      (await cluster.client.get(nodes, { name: 'node-1' })).status?.conditions?.some(
        ({ type, status }) => type === 'MemoryPressure' && status === 'True',
      )
    while (!(await isShort()) && Date.now() < endMs) await pause()
    await run('too-much', { containers: [shell(forever)] })
    const refused = await cluster.until('too-much', inPhase('Failed'))
    assert.equal(refused?.status.message, 'The node had condition: [MemoryPressure]. ')
  })
})
