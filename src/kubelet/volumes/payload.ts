import type { KeyToPath, Pod, Volume } from '../../resources/index.ts'
import { fieldText, type NodeFields, resourceText } from '../pods/downward.ts'
import { PodConfigError, type PodObjects } from '../pods/environment.ts'
import { effectiveUser } from '../pods/security.ts'
import type { Payload, ProjectedFile } from './atomic-writer.ts'

export interface TokenRequestFor {
  readonly audience: string
  readonly expirationSeconds: number
}
export interface PayloadSources {
  readonly objects: PodObjects
  readonly node: NodeFields
  /** A service account token bound to the pod, cached and renewed. */
  token(pod: Pod, request: TokenRequestFor): Promise<string>
}
type Files = Map<string, ProjectedFile>
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number]

const fileModeDefault = 0o644
const tokenLifeSecondsDefault = 3600

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for volumes of other kinds. */
export async function payloadOf(pod: Pod, volume: Volume, sources: PayloadSources): Promise<Payload | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume
  const files: Files = new Map()
  if (configMap !== undefined) await addProjection(pod, { configMap }, configMap.defaultMode, sources, files)
  else if (secret !== undefined) {
    const { secretName, ...rest } = secret
    const projection = { secret: { ...rest, ...(secretName === undefined ? {} : { name: secretName }) } }
    await addProjection(pod, projection, secret.defaultMode, sources, files)
  } else if (downwardAPI !== undefined)
    await addProjection(pod, { downwardAPI }, downwardAPI.defaultMode, sources, files)
  else if (projected !== undefined)
    for (const source of projected.sources ?? [])
      await addProjection(pod, source, projected.defaultMode, sources, files)
  else return undefined
  return files
}

async function addProjection(
  pod: Pod,
  { configMap, secret, downwardAPI, serviceAccountToken, ...rest }: Projection,
  mode = fileModeDefault,
  sources: PayloadSources,
  files: Files,
): Promise<void> {
  const namespace = pod.metadata.namespace ?? ''
  if (configMap !== undefined) {
    const { name = '', items, optional } = configMap
    const found = await sources.objects.configMap(namespace, name)
    if (found === undefined && optional !== true) throw new PodConfigError(`configmap "${name}" not found`)
    const content = new Map<string, Uint8Array>()
    for (const [key, text] of Object.entries(found?.data ?? {})) content.set(key, Buffer.from(text, 'utf8'))
    for (const [key, text] of Object.entries(found?.binaryData ?? {})) content.set(key, Buffer.from(text, 'base64'))
    addItems(files, content, items, mode, optional === true)
  } else if (secret !== undefined) {
    const { name = '', items, optional } = secret
    const found = await sources.objects.secret(namespace, name)
    if (found === undefined && optional !== true) throw new PodConfigError(`secret "${name}" not found`)
    const entries = Object.entries(found?.data ?? {})
    const content = new Map(entries.map(([key, text]) => [key, Buffer.from(text, 'base64')] as const))
    addItems(files, content, items, mode, optional === true)
  } else if (downwardAPI !== undefined) addDownward(pod, downwardAPI.items ?? [], mode, sources.node, files)
  else if (serviceAccountToken !== undefined) {
    const { path, audience = '', expirationSeconds = tokenLifeSecondsDefault } = serviceAccountToken
    const token = await sources.token(pod, { audience, expirationSeconds })
    files.set(path, { content: Buffer.from(token, 'utf8'), ...tokenOwner(pod, mode) })
  } else throw new PodConfigError(`projected volume source ${Object.keys(rest).join(', ')} is not supported`)
}

function addItems(
  files: Files,
  content: ReadonlyMap<string, Uint8Array>,
  items: readonly KeyToPath[] | undefined,
  mode: number,
  optional: boolean,
): void {
  if (items === undefined || items.length === 0) {
    for (const [key, bytes] of content) files.set(key, { content: bytes, mode })
    return
  }
  for (const item of items) {
    const bytes = content.get(item.key)
    if (bytes !== undefined) files.set(item.path, { content: bytes, mode: item.mode ?? mode })
    else if (!optional) throw new PodConfigError(`references non-existent config key: ${item.key}`)
  }
}

function addDownward(
  pod: Pod,
  items: NonNullable<NonNullable<Volume['downwardAPI']>['items']>,
  mode: number,
  node: NodeFields,
  files: Files,
): void {
  for (const item of items) {
    const text =
      item.fieldRef === undefined
        ? resourceText(pod, item.resourceFieldRef!, '', node)
        : (fieldText(pod, item.fieldRef, node) ?? '')
    files.set(item.path, { content: Buffer.from(text, 'utf8'), mode: item.mode ?? mode })
  }
}

/** Kubernetes: a token is its user's alone where one user runs all containers; the group is given access apart. */
function tokenOwner(pod: Pod, mode: number): Pick<ProjectedFile, 'mode' | 'uid'> {
  const users = new Set(
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((one) => effectiveUser(pod, one)),
  )
  const [uid] = users
  if (users.size === 1 && uid !== undefined) return { mode: 0o600, uid }
  return { mode: pod.spec.securityContext?.fsGroup === undefined ? mode : 0o600 }
}
