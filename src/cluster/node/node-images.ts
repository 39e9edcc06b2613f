import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageStore, nodeImage, nodeImageName, ociArchitecture, openRegistry } from '../../images/index.ts'
import { createCriRuntime, socketOf, systemCgroups } from '../../kubelet/index.ts'
import { type Random, systemClock } from '../../machinery/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { furtherNodesOf } from '../further/places.ts'
import { containerdSettingsOf } from './places.ts'

/** Where people say how containerd reaches registries. */
const machineRegistries = '/etc/containerd/certs.d'

/** The loopback registry as the first place where containerd looks for any image; the real one comes after it. */
export function mirrorText(port: number): string {
  return `[host."http://127.0.0.1:${port}"]\n  capabilities = ["pull", "resolve"]\n`
}

/** Serves the machine's images to its node until disposed. What the machine says of registries keeps its force. */
export async function serveImages(
  settings: ClusterSettings,
  random: Random,
  onError: (error: unknown) => void,
): Promise<AsyncDisposable> {
  const { registryDirectory } = containerdSettingsOf(settings)
  const { imagesDirectory } = settings
  if (registryDirectory === undefined) return { [Symbol.asyncDispose]: async () => {} }
  await rm(registryDirectory, { recursive: true, force: true })
  await mkdir(join(registryDirectory, '_default'), { recursive: true })
  for (const host of await readdir(machineRegistries).catch(() => []))
    if (host !== '_default') await symlink(join(machineRegistries, host), join(registryDirectory, host))
  if (imagesDirectory === undefined) return { [Symbol.asyncDispose]: async () => {} }
  const store = new ImageStore(imagesDirectory, random)
  const machine = {
    nodeProgram: process.execPath,
    nodeVersion: process.versions.node,
    architecture: ociArchitecture(process.arch),
  }
  // The base image needs no `cox build`: whoever asks for it first has it made.
  const make = async (name: string) => (name === nodeImageName ? nodeImage(store, machine) : undefined)
  const registry = await openRegistry(store, { onError, make })
  await writeFile(join(registryDirectory, '_default', 'hosts.toml'), mirrorText(registry.port))
  return registry
}

/** Has every node of a running cluster pull an image. */
export async function pullIntoNodes(settings: ClusterSettings, name: string): Promise<void> {
  const clock = systemClock()
  const nodes = [containerdSettingsOf(settings), ...furtherNodesOf(settings).map((node) => node.containerd(''))]
  const cgroups = systemCgroups(clock)
  for (const node of nodes) {
    using runtime = await createCriRuntime({ socket: socketOf(node), clock, cgroups })
    await runtime.pullImage(name)
  }
}
