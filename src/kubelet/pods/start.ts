import type { Pod, Secret } from '../../resources/index.ts'
import { containerFieldPath } from '../events.ts'
import { runHook } from '../lifecycle/hooks.ts'
import { killContainer } from '../lifecycle/kill.ts'
import { isMountPoint } from '../machine/mounts.ts'
import type { StartedType } from '../measures.ts'
import type { ContainerConfig, ImageOnNode, SandboxConfig } from '../runtime/runtime.ts'
import { newestOf, type PodView } from '../sync/containers.ts'
import type { StartStep } from '../sync/plan.ts'
import { StartError } from '../sync/start-error.ts'
import type { MountedVolume } from '../volumes/volumes.ts'
import { containerConfigOf, prepareFiles } from './container-config.ts'
import type { PodContext } from './context.ts'
import { environmentOf } from './environment.ts'

export interface StartTarget {
  readonly pod: Pod
  readonly view: PodView
  readonly sandboxId: string
  readonly sandbox: SandboxConfig
  readonly podIps: readonly string[]
  readonly mounted: ReadonlyMap<string, MountedVolume>
  /** Told how long an image was pulled. */
  readonly onPulled: (ms: number) => void
  /** What was got ready while the sandbox was made, by container name. */
  readonly ahead: ReadonlyMap<string, StartAhead>
  /** Does what is not to be broken off; rejects with NotWanted when the pod is ending by then. */
  readonly unbroken: <T>(work: () => Promise<T>) => Promise<T>
}

/** The pod is ending: there is nothing to start any more, and nothing to tell of. */
export class NotWanted extends Error {
  override name = 'NotWanted'
}

/** What a start needs and nothing of the sandbox: under way before there is one. */
export interface StartAhead {
  /** Undefined also when it could not be asked: whoever needs it asks again, and tells of what is wrong. */
  readonly image: Promise<ImageOnNode | undefined>
  readonly files: Promise<void>
}

/** Gets ready what needs no sandbox. What fails is said when the container is started. */
export function startAhead(context: PodContext, pod: Pod, { container, restartCount }: StartStep): StartAhead {
  const files = prepareFiles(context, pod, container, restartCount)
  files.catch(() => {})
  return { image: context.runtime.imageStatus(container.image ?? '').catch(() => undefined), files }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Pulls, creates and starts one container, and runs its postStart hook. Rejects with StartError, told as an event. */
export async function startContainer(context: PodContext, target: StartTarget, step: StartStep): Promise<void> {
  const { pod } = target
  const path = containerFieldPath(step.kind, step.container.name)
  const started = (problem?: string) => context.measures.containerStarted(startedTypes[step.kind], problem)
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    context.record(pod, type, reason, message, path)
  try {
    const config = await preparedContainer(context, target, step, tell)
    const id = await target.unbroken(async () => {
      const made = await createdContainer(context, target, config, tell)
      await context.runtime.startContainer(made).catch((error) => {
        throw new StartError('RunContainerError', textOf(error), error)
      })
      return made
    })
    tell('Normal', 'Started', 'Container started')
    started()
    await afterStart(context, target, step, id, tell)
  } catch (error) {
    if (error instanceof NotWanted) throw error
    const known = error instanceof StartError ? error : new StartError('CreateContainerError', textOf(error), error)
    if (known.reason !== 'PostStartHookError') started(known.reason)
    if (known.reason !== 'PostStartHookError') tell('Warning', 'Failed', `Error: ${eventText(known)}`)
    throw known
  }
}
/** How metrics name the kinds of containers. */
const startedTypes: Readonly<Record<StartStep['kind'], StartedType>> = {
  init: 'init_container',
  sidecar: 'init_container',
  main: 'container',
  ephemeral: 'ephemeral_container',
}
/** Kubernetes: of image troubles the event names only the kind; the details have an event of their own. */
function eventText({ reason, message }: StartError): string {
  return ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull'].includes(reason) ? reason : message
}

/** All that a container needs is there: its images, and its configuration. */
async function preparedContainer(
  context: PodContext,
  target: StartTarget,
  { container, restartCount }: StartStep,
  tell: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
): Promise<ContainerConfig> {
  const { pod, mounted, view } = target
  const ahead = target.ahead.get(container.name)
  const secrets = await pullSecrets(context, pod)
  const present = await context.images.ensure(pod, container, secrets, tell, await ahead?.image)
  const { imageRef, image, pulledMs = 0 } = present
  target.onPulled(pulledMs)
  const targetName = 'targetContainerName' in container ? (container.targetContainerName as string) : ''
  const images = imageMountsOf(pod, container)
  const counts = context.imageVolumes
  try {
    await mountImages(context, target, container, tell)
  } catch (error) {
    if (error instanceof MountError) {
      counts.requested += new Set(images).size
      counts.failed += images.length
    }
    throw error
  }
  const joined = targetName === '' ? undefined : newestOf(view, targetName)
  const config = await configOf(context, target, container, restartCount, {
    imageRef,
    image,
    mounted,
    ...(joined === undefined ? {} : { targetContainerId: joined.id }),
  })
  counts.requested += new Set(images).size
  counts.mounted += images.length
  return config
}

async function createdContainer(
  context: PodContext,
  target: StartTarget,
  config: ContainerConfig,
  tell: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
): Promise<string> {
  try {
    const id = await context.runtime.createContainer(target.sandboxId, config, target.sandbox)
    tell('Normal', 'Created', 'Container created')
    return id
  } catch (error) {
    throw new StartError('CreateContainerError', textOf(error), error)
  }
}

async function configOf(
  context: PodContext,
  target: StartTarget,
  container: StartStep['container'],
  restartCount: number,
  rest: Pick<Parameters<typeof containerConfigOf>[0], 'imageRef' | 'image' | 'mounted' | 'targetContainerId'>,
) {
  const { pod, podIps } = target
  try {
    await (target.ahead.get(container.name)?.files ?? prepareFiles(context, pod, container, restartCount))
    const services = await context.services()
    const withIps = { ...pod, status: { ...pod.status, podIPs: podIps.map((ip) => ({ ip })) } }
    const { objects, node, settings, volumes, nodeMemoryBytes } = context
    const environment = await environmentOf({ pod: withIps, container, services, objects, node })
    const input = { settings, pod, container, restartCount, environment, volumes, podIps, nodeMemoryBytes, ...rest }
    return await containerConfigOf(input)
  } catch (error) {
    // Whatever is wrong here is wrong with what the pod asks for, and may be put right outside.
    throw new StartError('CreateContainerConfigError', textOf(error), error)
  }
}

/** Brings the images that a container has as volumes, and mounts those that are not mounted yet. */
async function mountImages(
  context: PodContext,
  { pod, mounted }: StartTarget,
  container: StartStep['container'],
  tell: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
): Promise<void> {
  for (const { name } of container.volumeMounts ?? []) {
    const volume = mounted.get(name)
    if (volume?.image === undefined || (await isMountPoint(volume.hostPath))) continue
    const { reference = '', pullPolicy } = volume.image
    const wanted = {
      name: container.name,
      image: reference,
      ...(pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy }),
    }
    const { image } = await context.images.ensure(pod, wanted, await pullSecrets(context, pod), tell)
    if (image === undefined || context.runtime.mountImage === undefined)
      throw new StartError('CreateContainerError', `the runtime cannot mount the image ${reference}`)
    await context.runtime.mountImage(image.id, volume.hostPath).catch((error) => {
      throw new MountError('CreateContainerError', textOf(error), error)
    })
  }
}

/** An image is there, and cannot be mounted. */
class MountError extends StartError {}

/** The image volumes a container mounts, each as often as it does. */
function imageMountsOf({ spec }: Pod, { volumeMounts = [] }: StartStep['container']): readonly string[] {
  const images = new Set((spec.volumes ?? []).flatMap(({ name, image }) => (image === undefined ? [] : [name])))
  return images.size === 0 ? [] : volumeMounts.map(({ name }) => name).filter((name) => images.has(name))
}

/** Kubernetes: pull secrets that do not exist are passed over. */
async function pullSecrets({ objects }: PodContext, pod: Pod): Promise<readonly Secret[]> {
  const names = (pod.spec.imagePullSecrets ?? []).map(({ name }) => name ?? '')
  const found = await Promise.all(names.map((name) => objects.secret(pod.metadata.namespace ?? '', name)))
  return found.filter((secret) => secret !== undefined)
}
async function afterStart(
  context: PodContext,
  { pod, podIps }: StartTarget,
  { container }: StartStep,
  id: string,
  tell: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
): Promise<void> {
  const postStart = container.lifecycle?.postStart
  if (postStart === undefined) return
  const withIp = podIps[0] === undefined ? pod : { ...pod, status: { ...pod.status, podIP: podIps[0] } }
  try {
    await runHook(context, withIp, container, id, postStart)
  } catch (error) {
    tell('Warning', 'FailedPostStartHook', 'PostStartHook failed')
    context.complain(`postStart hook of ${container.name}`, error)
    const { containers } = await context.runtime.observe(pod.metadata.uid)
    const instance = containers.find((one) => one.id === id)
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30
    if (instance !== undefined) await killContainer(context, pod, instance, grace, 'FailedPostStartHook')
    throw new StartError('PostStartHookError', `Exec lifecycle hook failed: ${textOf(error)}`, error)
  }
}
