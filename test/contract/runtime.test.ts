import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createCriRuntime,
  createSimulatedRuntime,
  removeContainerd,
  startContainerd,
  systemCgroups,
} from '../../src/kubelet/index.ts'
import { manualClock, seededRandom, systemClock } from '../../src/machinery/index.ts'
import { shellImageArchive } from '../fixtures/shell-image.ts'
import { type RuntimeUnderTest, runtimeContract } from './runtime-contract.ts'

runtimeContract(
  'simulated',
  async () => {
    const clock = manualClock()
    const runtime = createSimulatedRuntime({ clock, random: seededRandom(7) })
    await runtime.pullImage('shell:1')
    return {
      runtime,
      image: 'shell:1',
      directory: '/nowhere',
      cgroupParent: '/nowhere',
      async pass(ms) {
        clock.advance(ms)
        await Promise.resolve()
      },
      async [Symbol.asyncDispose]() {},
    }
  },
  { commands: false },
)

const isPossible = process.getuid?.() === 0 && existsSync('/usr/bin/containerd')
let shared: Promise<RuntimeUnderTest> | undefined
let close = async () => {}

/** One containerd for the whole suite: each test keeps to pods of its own. */
async function openContainerd(): Promise<RuntimeUnderTest> {
  const clock = systemClock()
  const cgroups = systemCgroups(clock)
  const directory = mkdtempSync('/var/tmp/cox-contract-')
  const settings = {
    name: 'contract',
    directory: join(directory, 'containerd'),
    runDirectory: '/run/cox-contract',
    podCidrs: ['10.202.43.0/24'],
    clusterCidr: '10.202.0.0/16',
  }
  mkdirSync(settings.directory, { recursive: true })
  const stop = new AbortController()
  const logFile = join(directory, 'containerd.log')
  const containerd = await startContainerd(
    { settings, clock, cgroups, architecture: process.arch, logFile },
    stop.signal,
  )
  const runtime = await createCriRuntime({ socket: containerd.socket, clock, cgroups })
  writeFileSync(join(directory, 'shell.tar'), shellImageArchive('docker.io/library/shell:1'))
  await runtime.importImage(join(directory, 'shell.tar'))
  close = async () => {
    const { sandboxes } = await runtime.observe()
    for (const { id } of sandboxes) await runtime.removeSandbox(id)
    stop.abort()
    runtime[Symbol.dispose]()
    await containerd.stopped
    await removeContainerd(settings, { purge: true })
    await cgroups.remove('/cox-contract')
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    runtime,
    image: 'docker.io/library/shell:1',
    directory,
    cgroupParent: '/cox-contract',
    pass: (ms) => clock.sleep(ms),
    async [Symbol.asyncDispose]() {},
  }
}
runtimeContract('containerd', () => (shared ??= openContainerd()), {
  commands: true,
  close: () => close(),
  ...(isPossible ? {} : { skip: 'needs root and containerd' }),
})
