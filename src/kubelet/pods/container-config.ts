import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '../../resources/index.ts'
import type { ContainerConfig, ImageOnNode, MountConfig } from '../runtime/runtime.ts'
import type { KubeletSettings } from '../settings.ts'
import { type AnyContainer, containerAnnotations, containerHash, containerLabels } from '../sync/containers.ts'
import type { MountedVolume, Volumes } from '../volumes/volumes.ts'
import { type Environment, PodConfigError } from './environment.ts'
import { expand } from './expand.ts'
import { hostsFile } from './network-files.ts'
import { containerResources } from './resources.ts'
import { containerSecurity } from './security.ts'

export interface ContainerConfigInput {
  readonly settings: KubeletSettings
  readonly pod: Pod
  readonly container: AnyContainer
  readonly restartCount: number
  readonly imageRef: string
  readonly image: ImageOnNode | undefined
  readonly environment: Environment
  readonly mounted: ReadonlyMap<string, MountedVolume>
  readonly volumes: Volumes
  readonly podIps: readonly string[]
  readonly nodeMemoryBytes: number
  /** Whose process namespace an ephemeral container joins. */
  readonly targetContainerId?: string
}
const hostsPath = '/etc/hosts'
const terminationMessagePathDefault = '/dev/termination-log'

/** What a container's files need before anything is known of its sandbox: its directories, and the file its termination message goes to. */
export async function prepareFiles(
  { settings, volumes }: Pick<ContainerConfigInput, 'settings' | 'volumes'>,
  { metadata: { uid } }: Pod,
  { name }: AnyContainer,
  restartCount: number,
): Promise<void> {
  const message = async () => {
    const path = terminationFile(volumes, uid, name, restartCount)
    await mkdir(volumes.containerDirectory(uid, name), { recursive: true })
    await writeFile(path, '')
    // Whatever user the container runs as may write it.
    await chmod(path, 0o666)
  }
  await Promise.all([message(), mkdir(podDirectory(settings, uid), { recursive: true })])
}

const podDirectory = ({ rootDirectory }: KubeletSettings, uid: string) => join(rootDirectory, 'pods', uid)

/** Where on the node a pod's hosts file is. */
export function hostsFilePath(settings: KubeletSettings, uid: string): string {
  return join(podDirectory(settings, uid), 'etc-hosts')
}

/** The container to create; writes its hosts file. Its files are prepared before. */
export async function containerConfigOf(input: ContainerConfigInput): Promise<ContainerConfig> {
  const { settings, pod, container, restartCount, environment } = input
  const variables = new Map(environment.map(({ name, value }) => [name, value]))
  const expanded = (texts: readonly string[] = []) => texts.map((text) => expand(text, (name) => variables.get(name)))
  const security = containerSecurity(pod, container, input.image, {
    seccompDirectory: join(settings.rootDirectory, 'seccomp'),
    targetContainerId: input.targetContainerId,
  })
  return {
    name: container.name,
    attempt: restartCount,
    imageRef: input.imageRef,
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? '',
    env: environment,
    mounts: [...(await volumeMounts(input, variables)), ...(await hostsMount(input)), terminationMount(input)],
    devices: volumeDevices(input),
    labels: {
      [containerLabels.podName]: pod.metadata.name,
      [containerLabels.podNamespace]: pod.metadata.namespace ?? '',
      [containerLabels.podUid]: pod.metadata.uid,
      [containerLabels.containerName]: container.name,
    },
    annotations: annotationsOf(input),
    logPath: `${container.name}/${restartCount}.log`,
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    resources: containerResources(pod, container, input.nodeMemoryBytes),
    security,
  }
}

/** What a kubelet that starts later must know, should the pod be gone from the API by then. */
function annotationsOf({ pod, container, restartCount }: ContainerConfigInput): Record<string, string> {
  const preStop = container.lifecycle?.preStop
  return {
    [containerAnnotations.hash]: containerHash(container),
    [containerAnnotations.restartCount]: String(restartCount),
    [containerAnnotations.terminationMessagePath]: container.terminationMessagePath ?? terminationMessagePathDefault,
    [containerAnnotations.terminationMessagePolicy]: container.terminationMessagePolicy ?? 'File',
    [containerAnnotations.gracePeriod]: String(pod.spec.terminationGracePeriodSeconds ?? 30),
    ...(preStop === undefined ? {} : { [containerAnnotations.preStop]: JSON.stringify(preStop) }),
  }
}

const propagations = { None: 'PRIVATE', HostToContainer: 'HOST_TO_CONTAINER', Bidirectional: 'BIDIRECTIONAL' } as const

async function volumeMounts(
  { pod, container, mounted, volumes }: ContainerConfigInput,
  variables: ReadonlyMap<string, string>,
): Promise<MountConfig[]> {
  const configs: MountConfig[] = []
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const volume = mounted.get(mount.name)
    if (volume === undefined)
      throw new PodConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
    const subPath = mount.subPathExpr === undefined ? mount.subPath : expandSubPath(mount.subPathExpr, variables)
    const hostPath =
      subPath === undefined || subPath === ''
        ? volume.hostPath
        : await volumes.subPath(pod, mount.name, container.name, index, volume.hostPath, subPath)
    configs.push({
      // Kubernetes: a relative mount path counts from the root.
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      hostPath,
      readonly: mount.readOnly === true || volume.readonly,
      propagation: propagations[mount.mountPropagation ?? 'None'],
    })
  }
  return configs
}

function volumeDevices({ container, mounted }: ContainerConfigInput): ContainerConfig['devices'] {
  return (container.volumeDevices ?? []).map(({ name, devicePath }) => {
    const volume = mounted.get(name)
    if (volume?.isDevice !== true)
      throw new PodConfigError(`cannot find volume "${name}" to pass into container "${container.name}"`)
    return { containerPath: devicePath, hostPath: volume.hostPath, permissions: volume.readonly ? 'r' : 'mrw' }
  })
}

/** Kubernetes: here an unknown variable is an error, not text. */
function expandSubPath(text: string, variables: ReadonlyMap<string, string>): string {
  return expand(text, (name) => {
    const value = variables.get(name)
    if (value === undefined) throw new PodConfigError(`missing value for "${name}"`)
    return value
  })
}

/** Kubernetes: a container that mounts something at /etc/hosts keeps it. */
async function hostsMount({ settings, pod, container, podIps }: ContainerConfigInput): Promise<MountConfig[]> {
  if (container.volumeMounts?.some(({ mountPath }) => mountPath === hostsPath) === true) return []
  const path = hostsFilePath(settings, pod.metadata.uid)
  const nodeFile = pod.spec.hostNetwork === true ? await readFile(hostsPath, 'utf8').catch(() => '') : ''
  await writeFile(path, hostsFile(pod, podIps, settings.clusterDomain, nodeFile))
  await chmod(path, 0o644)
  return [{ containerPath: hostsPath, hostPath: path, readonly: false, propagation: 'PRIVATE' }]
}

/** Where on the node a container's termination message is. */
export function terminationFile(
  volumes: Pick<Volumes, 'containerDirectory'>,
  uid: string,
  name: string,
  restartCount: number,
): string {
  return join(volumes.containerDirectory(uid, name), String(restartCount))
}

function terminationMount({ pod, container, volumes, restartCount }: ContainerConfigInput): MountConfig {
  const path = terminationFile(volumes, pod.metadata.uid, container.name, restartCount)
  const containerPath = container.terminationMessagePath ?? terminationMessagePathDefault
  return { containerPath, hostPath: path, readonly: false, propagation: 'PRIVATE' }
}
