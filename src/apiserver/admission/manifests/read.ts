import { createHash } from 'node:crypto'
import { type FieldError, type KubeObject, parseYamlDocuments } from '../../../machinery/index.ts'
import type { ResourceDefinition } from '../../../resources/index.ts'

/** The plugins that may be told of webhooks and policies by files. */
export type ManifestPlugin =
  | 'MutatingAdmissionPolicy'
  | 'MutatingAdmissionWebhook'
  | 'ValidatingAdmissionPolicy'
  | 'ValidatingAdmissionWebhook'
export interface ManifestFile {
  readonly path: string
  readonly text: string
}
/** What a directory holds for one plugin. */
export interface Manifests {
  /** Webhook configurations, or policies, by name. */
  readonly objects: readonly KubeObject[]
  /** What puts policies into effect, by name. */
  readonly bindings: readonly KubeObject[]
  /** Tells one content from another; empty where there is none. */
  readonly hash: string
}
/** The definition of a kind with all its checks; undefined for one that is not known. */
export type FindKind = (kind: string) => ResourceDefinition<any> | undefined

/** Names of what is told by files, which the API leaves to them. */
export const reservedSuffix = '.static.k8s.io'
const suffixText = JSON.stringify(reservedSuffix)
const group = 'admissionregistration.k8s.io/v1'

/** The kinds that a plugin takes: what it asks, and what binds that. */
const kindsOf: Readonly<Record<ManifestPlugin, readonly string[]>> = {
  MutatingAdmissionPolicy: ['MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'],
  MutatingAdmissionWebhook: ['MutatingWebhookConfiguration'],
  ValidatingAdmissionPolicy: ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  ValidatingAdmissionWebhook: ['ValidatingWebhookConfiguration'],
}

/** Reads a directory's files for a plugin. Rejects with what is wrong with the first that is. */
export async function readManifests(
  plugin: ManifestPlugin,
  files: readonly ManifestFile[],
  find: FindKind,
): Promise<Manifests> {
  const filled = files.filter(({ text }) => text !== '')
  const read: Read[] = []
  for (const { path, text } of filled) {
    const objects = await within(path, async () => {
      const documents = parseYamlDocuments(text).filter(({ value }) => value !== null)
      return (await Promise.all(documents.map(({ value }) => objectsIn(value, plugin, find)))).flat()
    })
    read.push(...objects.map((object) => ({ object, path })))
  }
  const names = new Map<string, string>()
  for (const one of read) await within(one.path, async () => check(one, names))
  const sorted = read.map(({ object }) => object).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const [kind] = kindsOf[plugin]
  const objects = sorted.filter((one) => one.kind === kind)
  const bindings = sorted.filter((one) => one.kind !== kind)
  checkBindings(objects, bindings)
  return { objects, bindings, hash: hashOf(filled) }
}
interface Read {
  readonly object: KubeObject
  readonly path: string
}

async function within<R>(path: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`error loading ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** The objects in a document, or in a list that it is. */
async function objectsIn(document: any, plugin: ManifestPlugin, find: FindKind): Promise<readonly KubeObject[]> {
  const { apiVersion = '', kind = '', items } = document ?? {}
  const isPlainList = apiVersion === 'v1' && kind === 'List'
  const listed = isPlainList ? undefined : kindsOf[plugin].find((one) => `${one}List` === kind)
  if ((isPlainList || listed !== undefined) && Array.isArray(items)) {
    const all = items.map((item) =>
      objectsIn(listed === undefined ? item : { apiVersion, kind: listed, ...item }, plugin, find),
    )
    return (await Promise.all(all)).flat()
  }
  const definition = apiVersion === group ? find(kind) : undefined
  if (definition === undefined)
    throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`)
  if (!kindsOf[plugin].includes(kind)) throw new Error(`unsupported resource type *v1.${kind}`)
  return [await objectOf(document, kind, definition)]
}

async function objectOf(document: object, kind: string, definition: ResourceDefinition<any>): Promise<KubeObject> {
  const { object, findings } = definition.schema.decode(document)
  if (findings.length > 0) throw new Error(`strict decoding error: ${findings.join(', ')}`)
  const draft = object as any
  draft.metadata ??= {}
  definition.schema.applyDefaults(draft, undefined)
  await definition.loadAhead?.(draft)
  // Kubernetes: a name is asked for in other words below.
  const named = { ...draft, metadata: { name: 'unnamed', ...draft.metadata, ...unsaid } }
  const problems = definition.validate(named)
  if (problems.length > 0)
    throw new Error(`${kind} ${JSON.stringify(draft.metadata.name ?? '')}: ${together(problems)}`)
  return draft
}
/** What the API would have given it. */
const unsaid = { uid: 'manifest', creationTimestamp: '1970-01-01T00:00:00Z' }

/** Several errors in one sentence, as Go joins them. */
function together(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}

/** What holds of what is told by files alone. */
function check({ object, path }: Read, names: Map<string, string>): void {
  const { name = '' } = object.metadata
  const [file, called] = [JSON.stringify(path), JSON.stringify(name)]
  if (name === '') throw new Error(`resource in file ${file} must have a name`)
  if (!name.endsWith(reservedSuffix))
    throw new Error(`${called} in file ${file} must have a name ending with ${suffixText}`)
  const key = `${object.kind}/${name}`
  const before = names.get(key)
  if (before !== undefined)
    throw new Error(`duplicate name ${called} found in file ${file} (previously seen in ${JSON.stringify(before)})`)
  names.set(key, path)
  if (object.kind?.endsWith('WebhookConfiguration') === true) checkWebhooks(object, called, file)
  else if (object.kind?.endsWith('Binding') === true) checkBinding(object, called)
  else if ((object as any).spec?.paramKind !== undefined)
    throw new Error(`${object.kind} ${called}: spec.paramKind is not supported for static manifests`)
}

function checkWebhooks(object: any, called: string, file: string): void {
  for (const { name, clientConfig } of object.webhooks ?? []) {
    const about = `webhook ${JSON.stringify(name)} in ${called} (file ${file})`
    if (clientConfig?.service !== undefined)
      throw new Error(
        `${about}: clientConfig.service is not supported for static manifests; use clientConfig.url instead`,
      )
    if ((clientConfig?.url ?? '') === '') throw new Error(`${about}: clientConfig.url is required for static manifests`)
  }
}

function checkBinding(object: any, called: string): void {
  const { policyName = '', paramRef } = object.spec ?? {}
  if (policyName === '') throw new Error(`binding ${called} must reference a policy (spec.policyName)`)
  if (!policyName.endsWith(reservedSuffix))
    throw new Error(`binding ${called}: spec.policyName ${JSON.stringify(policyName)} must end with ${suffixText}`)
  if (paramRef !== undefined) throw new Error(`binding ${called}: spec.paramRef is not supported for static manifests`)
}

function checkBindings(policies: readonly KubeObject[], bindings: readonly any[]): void {
  const names = new Set(policies.map(({ metadata }) => metadata.name))
  for (const { metadata, spec } of bindings)
    if (!names.has(spec.policyName))
      throw new Error(
        `binding ${JSON.stringify(metadata.name)} references policy ${JSON.stringify(spec.policyName)} which does not exist in the manifest directory`,
      )
}

function hashOf(files: readonly ManifestFile[]): string {
  if (files.length === 0) return ''
  const hash = createHash('sha256')
  for (const { text } of files) hash.update(text).update('\0')
  return `sha256:${hash.digest('hex')}`
}
