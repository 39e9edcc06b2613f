import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type {
  ContainerConfig,
  ObservedContainer,
  Runtime,
  RuntimeEvent,
  SandboxConfig,
} from '../../src/kubelet/runtime/runtime.ts'

/** What the suite needs of a runtime under test. */
export interface RuntimeUnderTest extends AsyncDisposable {
  readonly runtime: Runtime
  /** An image that is on the node, whose programs are those of a shell. */
  readonly image: string
  readonly directory: string
  readonly cgroupParent: string
  /** Resolves when time enough has passed for something that is under way. */
  pass(ms: number): Promise<void>
}
const uidLabel = 'io.kubernetes.pod.uid'
let pods = 0

/** Every promise of Runtime, to be kept by each implementation. `commands`: whether containers run real programs. */
export function runtimeContract(
  name: string,
  open: () => Promise<RuntimeUnderTest>,
  options: { readonly skip?: string; readonly commands: boolean; readonly close?: () => Promise<void> },
): void {
  describe(`runtime contract on ${name}`, options.skip === undefined ? {} : { skip: options.skip }, () => {
    after(() => options.close?.())
    const sandboxConfig = (
      { directory, cgroupParent }: RuntimeUnderTest,
      attempt = 0,
      uid = `uid-${++pods}`,
    ): SandboxConfig => ({
      pod: { uid, namespace: 'default', name: `pod-${uid}`, attempt },
      hostname: 'pod',
      logDirectory: `${directory}/logs/${uid}`,
      portMappings: [],
      labels: { [uidLabel]: uid },
      annotations: { kept: 'yes' },
      cgroupParent: `${cgroupParent}/pod${uid}`,
      sysctls: {},
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
      security: { privileged: false, supplementalGroups: [] },
    })
    const containerConfig = (imageRef: string, uid: string, rest: Partial<ContainerConfig> = {}): ContainerConfig => ({
      name: 'main',
      attempt: 0,
      imageRef,
      command: ['sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.02; done'],
      args: [],
      workingDir: '',
      env: [],
      mounts: [],
      devices: [],
      labels: { [uidLabel]: uid },
      annotations: { kept: 'too' },
      logPath: 'main/0.log',
      stdin: false,
      stdinOnce: false,
      tty: false,
      resources: { cpuShares: 102 },
      security: {
        privileged: false,
        addCapabilities: [],
        dropCapabilities: [],
        supplementalGroups: [],
        readonlyRootfs: false,
        noNewPrivs: false,
        maskedPaths: [],
        readonlyPaths: [],
        pid: 'CONTAINER',
      },
      ...rest,
    })
    async function runningContainer(under: RuntimeUnderTest) {
      const config = sandboxConfig(under)
      const sandboxId = await under.runtime.runSandbox(config)
      const id = await under.runtime.createContainer(sandboxId, containerConfig(under.image, config.pod.uid), config)
      await under.runtime.startContainer(id)
      return { config, sandboxId, id, uid: config.pod.uid }
    }
    const only = async (under: RuntimeUnderTest, uid: string): Promise<ObservedContainer | undefined> =>
      (await under.runtime.observe(uid)).containers[0]

    test('names itself and is ready', async () => {
      await using under = await open()
      const { runtime, network } = await under.runtime.ready()
      assert.deepEqual([runtime, network, (await under.runtime.version()).apiVersion], [true, true, 'v1'])
    })

    test('shows a container through its life, with its labels and annotations', async () => {
      await using under = await open()
      const config = sandboxConfig(under)
      const { uid } = config.pod
      const sandboxId = await under.runtime.runSandbox(config)
      const { sandboxes } = await under.runtime.observe(uid)
      const [sandbox] = sandboxes
      assert.deepEqual(
        [
          sandboxes.length,
          sandbox?.id,
          sandbox?.ready,
          sandbox?.pod,
          sandbox?.ips.length,
          sandbox?.annotations['kept'],
        ],
        [1, sandboxId, true, config.pod, 1, 'yes'],
      )
      assert.deepEqual(await under.runtime.sandbox(sandboxId), sandbox)
      assert.equal(await under.runtime.sandbox('0'.repeat(64)), undefined)
      const id = await under.runtime.createContainer(sandboxId, containerConfig(under.image, uid), config)
      const created = await only(under, uid)
      assert.deepEqual(
        [created?.id, created?.state, created?.sandboxId, created?.name, created?.annotations['kept']],
        [id, 'created', sandboxId, 'main', 'too'],
      )
      await under.runtime.startContainer(id)
      const running = await only(under, uid)
      assert.deepEqual(
        [running?.state, running?.startedAtMs !== undefined, running?.exitCode],
        ['running', true, undefined],
      )
      await under.runtime.stopContainer(id, 5)
      const exited = await only(under, uid)
      assert.deepEqual(
        [exited?.state, exited?.reason, exited?.finishedAtMs !== undefined, exited?.exitCode !== 137],
        ['exited', 'Error', true, true],
      )
    })

    test('kills at once when there is no grace', async () => {
      await using under = await open()
      const { id, uid } = await runningContainer(under)
      await under.runtime.stopContainer(id, 0)
      assert.equal((await only(under, uid))?.exitCode, 137)
    })

    test('stops and removes again without complaint', async () => {
      await using under = await open()
      const { runtime } = under
      const { id, sandboxId, uid } = await runningContainer(under)
      await runtime.stopContainer(id, 0)
      await runtime.stopContainer(id, 0)
      await runtime.stopSandbox(sandboxId)
      await runtime.stopSandbox(sandboxId)
      assert.equal((await runtime.observe(uid)).sandboxes[0]?.ready, false)
      await runtime.removeContainer(id)
      await runtime.removeContainer(id)
      await runtime.removeSandbox(sandboxId)
      await runtime.removeSandbox(sandboxId)
      assert.deepEqual(await runtime.observe(uid), { sandboxes: [], containers: [] })
    })

    test('ends what still runs with its sandbox', async () => {
      await using under = await open()
      const { sandboxId, uid } = await runningContainer(under)
      await under.runtime.stopSandbox(sandboxId)
      assert.equal((await only(under, uid))?.state, 'exited')
      await under.runtime.removeSandbox(sandboxId)
      assert.deepEqual(await under.runtime.observe(uid), { sandboxes: [], containers: [] })
    })

    test('keeps names apart by attempt', async () => {
      await using under = await open()
      const config = sandboxConfig(under)
      const first = await under.runtime.runSandbox(config)
      await assert.rejects(under.runtime.runSandbox(config), /reserved/)
      await under.runtime.stopSandbox(first)
      const second = await under.runtime.runSandbox(sandboxConfig(under, 1, config.pod.uid))
      const { sandboxes } = await under.runtime.observe(config.pod.uid)
      assert.deepEqual(
        new Set(sandboxes.map(({ id, ready }) => `${id} ${ready}`)),
        new Set([`${first} false`, `${second} true`]),
      )
    })

    test('tells of starts and ends', async () => {
      await using under = await open()
      const stop = new AbortController()
      const seen: RuntimeEvent[] = []
      const listening = (async () => {
        for await (const event of under.runtime.events(stop.signal)) seen.push(event)
      })()
      await under.pass(100)
      const { id } = await runningContainer(under)
      await under.runtime.stopContainer(id, 0)
      for (
        let tries = 0;
        tries < 100 && !seen.some(({ type, containerId }) => type === 'stopped' && containerId === id);
        tries++
      )
        await under.pass(50)
      const types = seen.filter(({ containerId }) => containerId === id).map(({ type }) => type)
      assert.deepEqual([types.includes('started'), types.includes('stopped')], [true, true])
      stop.abort()
      await under.pass(1500)
      await listening
    })

    test('changes resources of what runs', async () => {
      await using under = await open()
      const { id, uid } = await runningContainer(under)
      await under.runtime.updateResources(id, { cpuShares: 512, memoryLimitBytes: 64 * 1024 * 1024 })
      const resources = (await only(under, uid))?.resources
      assert.deepEqual([resources?.cpuShares, resources?.memoryLimitBytes], [512, 64 * 1024 * 1024])
    })

    test('counts what runs, and nothing else', async () => {
      await using under = await open()
      const { id, uid } = await runningContainer(under)
      const [usage] = await under.runtime.usage(uid)
      assert.deepEqual([usage?.containerId, usage?.name, (usage?.workingSetBytes ?? 0) > 0], [id, 'main', true])
      await under.runtime.stopContainer(id, 0)
      assert.deepEqual(await under.runtime.usage(uid), [])
    })

    test('knows its images', async () => {
      await using under = await open()
      const found = await under.runtime.imageStatus(under.image)
      const listed = await under.runtime.listImages()
      assert.equal(
        listed.some(({ id }) => id === found?.id),
        true,
      )
      assert.equal(await under.runtime.imageStatus('nobody/has-this:1'), undefined)
    })

    test('refuses containers that are not there', async () => {
      await using under = await open()
      await assert.rejects(under.runtime.startContainer('0'.repeat(64)), { name: 'RuntimeError', reason: 'not-found' })
      await assert.rejects(under.runtime.execSync('0'.repeat(64), ['true'], 1), { name: 'RuntimeError' })
    })

    test('runs commands, with output, exit code and a time limit', {
      skip: options.commands ? false : 'no real programs',
    }, async () => {
      await using under = await open()
      const { id } = await runningContainer(under)
      const { exitCode, stdout, stderr } = await under.runtime.execSync(
        id,
        ['sh', '-c', 'echo out; echo err >&2; exit 4'],
        10,
      )
      assert.deepEqual(
        [exitCode, Buffer.from(stdout).toString(), Buffer.from(stderr).toString()],
        [4, 'out\n', 'err\n'],
      )
      await assert.rejects(under.runtime.execSync(id, ['sleep', '9'], 1), { reason: 'timeout' })
      const chunks: Uint8Array[] = []
      const streams = {
        stdin: (async function* () {
          yield Buffer.from('through and back')
        })(),
        stdout: (chunk: Uint8Array) => void chunks.push(chunk),
        stderr: () => {},
      }
      const ended = await under.runtime.exec(
        id,
        ['sh', '-c', 'cat; exit 5'],
        false,
        streams,
        new AbortController().signal,
      )
      assert.deepEqual([ended, Buffer.concat(chunks).toString()], [{ exitCode: 5 }, 'through and back'])
    })
  })
}
