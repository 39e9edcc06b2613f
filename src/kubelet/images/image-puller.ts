import { Backoff, type Clock, durationText } from '../../machinery/index.ts'
import type { Pod, Secret } from '../../resources/index.ts'
import type { EventType } from '../events.ts'
import { createLimit } from '../limit.ts'
import type { KubeletMeasures } from '../measures.ts'
import { type ImageOnNode, type Runtime, RuntimeError } from '../runtime/runtime.ts'
import type { AnyContainer } from '../sync/containers.ts'
import { StartError } from '../sync/start-error.ts'
import { credentialsFor, imageNameComplaint, type PullCredentials } from './credentials.ts'
import type { PulledImages } from './pulled-images.ts'

export interface ImagePullerParts {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly pullsAtOnceMax?: number | undefined
  /** Who has shown that they may have what is on the node; left out: whatever is there is everybody's. */
  readonly pulledImages?: PulledImages | undefined
  readonly measures?: Pick<KubeletMeasures, 'imageEnsured' | 'imagePulled'>
}
export type TellOfContainer = (type: EventType, reason: string, message: string) => void
export interface PresentImage {
  readonly imageRef: string
  readonly image: ImageOnNode | undefined
  /** How long it was pulled, where it was. */
  readonly pulledMs?: number
}
/** Makes sure that images are on the node, as each container's pull policy wants. */
export interface ImagePuller {
  /** Rejects with StartError, worded as the container's waiting reason. `seen` is the image where somebody has just seen it. */
  ensure(
    pod: Pod,
    container: AnyContainer,
    secrets: readonly Secret[],
    tell: TellOfContainer,
    seen?: ImageOnNode,
  ): Promise<PresentImage>
}
/** Kubernetes: 10 s, doubled up to 5 min. */
const pullBackoff = { initialMs: 10_000, maxMs: 300_000 }

export function createImagePuller(parts: ImagePullerParts): ImagePuller {
  const { runtime, clock, pullsAtOnceMax, pulledImages, measures } = parts
  const limit = createLimit(pullsAtOnceMax ?? Number.POSITIVE_INFINITY)
  const backoff = new Backoff<string>(pullBackoff)
  const lastErrors = new Map<string, string>()
  /** Pulls under way: whoever wants the same image with the same credentials waits for the same one. */
  const running = new Map<string, Promise<Pulled>>()

  function pull(image: string, credentials: readonly PullCredentials[]): Promise<Pulled> {
    const key = JSON.stringify([image, credentials.map((one) => one.credentials)])
    const known = running.get(key)
    if (known !== undefined) return known
    const started = limit(() => pullWithAny(runtime, image, credentials)).finally(() => running.delete(key))
    running.set(key, started)
    return started
  }
  async function pullNoted(image: string, credentials: readonly PullCredentials[]) {
    await pulledImages?.begin(image)
    try {
      const { imageRef, by } = await pull(image, credentials)
      const pulled = await runtime.imageStatus(imageRef)
      await pulledImages?.pulled(image, pulled?.id ?? imageRef, by === undefined ? undefined : credentials[by])
      return { imageRef, image: pulled }
    } catch (error) {
      await pulledImages?.failed(image)
      throw error
    }
  }
  return {
    async ensure(pod, container, secrets, tell, seen) {
      const image = container.image ?? ''
      const policy = container.imagePullPolicy ?? (isLatest(image) ? 'Always' : 'IfNotPresent')
      const present = seen ?? (await inspect(runtime, image, tell))
      const credentials = credentialsFor(image, secrets)
      const isUsable =
        present !== undefined &&
        policy !== 'Always' &&
        (await pulledImages?.mustPull(image, present.id, credentials)) !== true
      measures?.imageEnsured(present !== undefined, policy, !isUsable && (policy !== 'Never' || present !== undefined))
      if (isUsable) {
        const judged = pulledImages === undefined ? '' : ' and can be accessed by the pod'
        tell('Normal', 'Pulled', `Container image "${image}" already present on machine${judged}`)
        return { imageRef: present.id, image: present }
      }
      // Kubernetes: who may not have an image is not told whether it is there.
      if (policy === 'Never') {
        const message = `Container image "${image}" is not present with pull policy of Never`
        tell('Warning', 'ErrImageNeverPull', message)
        throw new StartError('ErrImageNeverPull', message)
      }
      const key = `${pod.metadata.uid}_${image}`
      if (backoff.remaining(key, clock.now()) > 0) {
        const message = `Back-off pulling image "${image}"`
        tell('Normal', 'BackOff', message)
        throw new StartError('ImagePullBackOff', `${message}: ${lastErrors.get(key) ?? ''}`)
      }
      tell('Normal', 'Pulling', `Pulling image "${image}"`)
      const startedMs = clock.monotonic()
      try {
        const { imageRef, image: pulled } = await pullNoted(image, credentials)
        backoff.reset(key)
        const tookMs = Math.round(clock.monotonic() - startedMs)
        measures?.imagePulled(pulled?.sizeBytes ?? 0, tookMs / 1000)
        const took = durationText(tookMs)
        const size = pulled === undefined ? '' : ` Image size: ${pulled.sizeBytes} bytes.`
        tell('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took} (${took} including waiting).${size}`)
        return { imageRef, image: pulled, pulledMs: tookMs }
      } catch (error) {
        backoff.next(key, clock.now())
        const failure = pullFailure(image, error)
        tell('Warning', 'Failed', `Failed to pull image "${image}": ${failure.cause}`)
        lastErrors.set(key, `${failure.error.reason}: ${failure.error.message}`)
        throw failure.error
      }
    },
  }
}

/** Kubernetes: an image without tag or digest means its latest. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false
  const tag = /:([^/:]*)$/.exec(image)?.[1]
  return tag === undefined || tag === 'latest'
}

async function inspect(runtime: Runtime, image: string, tell: TellOfContainer): Promise<ImageOnNode | undefined> {
  const complaint = imageNameComplaint(image)
  if (complaint !== undefined) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${complaint}`
    tell('Warning', 'InspectFailed', message)
    throw new StartError('InvalidImageName', message)
  }
  try {
    return await runtime.imageStatus(image)
  } catch (error) {
    const message = `Failed to inspect image "${image}": ${error instanceof Error ? error.message : String(error)}`
    tell('Warning', 'InspectFailed', message)
    throw new StartError('ImageInspectError', message)
  }
}

interface Pulled {
  readonly imageRef: string
  /** Which of the credentials the registry took; undefined where there were none. */
  readonly by: number | undefined
}

/** Tries each of the credentials; without any, the registry is asked as nobody. */
async function pullWithAny(runtime: Runtime, image: string, all: readonly PullCredentials[]): Promise<Pulled> {
  if (all.length === 0) return { imageRef: await runtime.pullImage(image, undefined), by: undefined }
  let last: unknown
  for (const [by, { credentials }] of all.entries()) {
    try {
      return { imageRef: await runtime.pullImage(image, credentials), by }
    } catch (error) {
      last = error
    }
  }
  throw last
}

function pullFailure(image: string, error: unknown): { readonly error: StartError; readonly cause: string } {
  const cause = error instanceof Error ? error.message : String(error)
  const reason = error instanceof RuntimeError ? error.reason : 'failed'
  if (reason === 'invalid-image-name') return { error: new StartError('InvalidImageName', cause), cause }
  if (reason === 'registry-unavailable') {
    const message = `image pull failed for ${image} because the registry is unavailable: ${cause}`
    return { error: new StartError('ErrImagePull', message), cause }
  }
  return { error: new StartError('ErrImagePull', cause), cause }
}
