import { Backoff, type Clock, durationText } from '../../machinery/index.ts'
import type { Pod, Secret } from '../../resources/index.ts'
import type { EventType } from '../events.ts'
import { createLimit } from '../limit.ts'
import type { KubeletMeasures } from '../measures.ts'
import { type Credentials, type ImageOnNode, type Runtime, RuntimeError } from '../runtime/runtime.ts'
import type { AnyContainer } from '../sync/containers.ts'
import { StartError } from '../sync/start-error.ts'
import { credentialsFor, imageNameComplaint } from './credentials.ts'

export interface ImagePullerParts {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly pullsAtOnceMax?: number | undefined
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

export function createImagePuller({ runtime, clock, pullsAtOnceMax, measures }: ImagePullerParts): ImagePuller {
  const limit = createLimit(pullsAtOnceMax ?? Number.POSITIVE_INFINITY)
  const backoff = new Backoff<string>(pullBackoff)
  const lastErrors = new Map<string, string>()
  /** Pulls under way: whoever wants the same image with the same credentials waits for the same one. */
  const running = new Map<string, Promise<string>>()

  function pull(image: string, credentials: readonly Credentials[]): Promise<string> {
    const key = JSON.stringify([image, credentials])
    const known = running.get(key)
    if (known !== undefined) return known
    const started = limit(() => pullWithAny(runtime, image, credentials)).finally(() => running.delete(key))
    running.set(key, started)
    return started
  }
  return {
    async ensure(pod, container, secrets, tell, seen) {
      const image = container.image ?? ''
      const policy = container.imagePullPolicy ?? (isLatest(image) ? 'Always' : 'IfNotPresent')
      const present = seen ?? (await inspect(runtime, image, tell))
      const isWanted = policy === 'Always' || (present === undefined && policy !== 'Never')
      measures?.imageEnsured(present !== undefined, policy, isWanted)
      if (present !== undefined && policy !== 'Always') {
        tell('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`)
        return { imageRef: present.id, image: present }
      }
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
        const imageRef = await pull(image, credentialsFor(image, secrets))
        backoff.reset(key)
        const pulled = await runtime.imageStatus(imageRef)
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

/** Tries each of the credentials; without any, the registry is asked as nobody. */
async function pullWithAny(runtime: Runtime, image: string, credentials: readonly Credentials[]): Promise<string> {
  let last: unknown
  for (const one of credentials.length === 0 ? [undefined] : credentials) {
    try {
      return await runtime.pullImage(image, one)
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
