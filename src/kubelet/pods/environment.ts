import type { ConfigMap, EnvVar, Pod, Secret, Service } from '../../resources/index.ts'
import type { AnyContainer } from '../sync/containers.ts'
import { fieldText, type NodeFields, resourceText } from './downward.ts'
import { expand } from './expand.ts'
import { serviceEnvironment } from './service-environment.ts'

/** Objects that pods name; undefined when there is none. */
export interface PodObjects {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
}
export interface EnvironmentInput {
  readonly pod: Pod
  readonly container: AnyContainer
  readonly services: readonly Service[]
  readonly objects: PodObjects
  readonly node: NodeFields
}
export type Environment = readonly { readonly name: string; readonly value: string }[]

/** A pod that asks for what is not there: the container waits with CreateContainerConfigError and is tried again. */
export class PodConfigError extends Error {
  override name = 'PodConfigError'
}

/** A container's variables: envFrom, then env with `$(NAME)` filled in, then service variables nobody overrode. */
export async function environmentOf(input: EnvironmentInput): Promise<Environment> {
  const { pod, container } = input
  const fromServices = serviceEnvironment(pod, input.services)
  const variables = new Map<string, string>()
  for (const source of container.envFrom ?? []) {
    for (const [name, value] of await envFrom(input, source)) variables.set(`${source.prefix ?? ''}${name}`, value)
  }
  for (const variable of container.env ?? []) {
    const lookup = (name: string) => variables.get(name) ?? fromServices.get(name)
    const value = await variableValue(input, variable, lookup)
    if (value !== undefined) variables.set(variable.name, value)
  }
  for (const [name, value] of fromServices) if (!variables.has(name)) variables.set(name, value)
  return [...variables].map(([name, value]) => ({ name, value }))
}

async function variableValue(
  { pod, container, objects, node }: EnvironmentInput,
  { value = '', valueFrom }: EnvVar,
  lookup: (name: string) => string | undefined,
): Promise<string | undefined> {
  if (valueFrom === undefined) return expand(value, lookup)
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef !== undefined) return fieldText(pod, fieldRef, node)
  if (resourceFieldRef !== undefined) return resourceText(pod, resourceFieldRef, container.name, node)
  const namespace = pod.metadata.namespace ?? ''
  if (configMapKeyRef !== undefined) {
    const { name = '', key, optional } = configMapKeyRef
    const map = await objects.configMap(namespace, name)
    if (map === undefined && optional !== true) throw new PodConfigError(`configmap "${name}" not found`)
    const found = map?.data?.[key]
    if (found === undefined && optional !== true)
      throw new PodConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`)
    return found
  }
  if (secretKeyRef !== undefined) {
    const { name = '', key, optional } = secretKeyRef
    const secret = await objects.secret(namespace, name)
    if (secret === undefined && optional !== true) throw new PodConfigError(`secret "${name}" not found`)
    const found = secret?.data?.[key]
    if (found === undefined && optional !== true)
      throw new PodConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`)
    return found === undefined ? undefined : Buffer.from(found, 'base64').toString('utf8')
  }
  throw new PodConfigError('environment variable has a source that is not supported')
}

async function envFrom(
  { pod, objects }: EnvironmentInput,
  { configMapRef, secretRef }: NonNullable<AnyContainer['envFrom']>[number],
): Promise<Iterable<readonly [string, string]>> {
  const namespace = pod.metadata.namespace ?? ''
  if (configMapRef !== undefined) {
    const { name = '', optional } = configMapRef
    const map = await objects.configMap(namespace, name)
    if (map === undefined && optional !== true) throw new PodConfigError(`configmap "${name}" not found`)
    return Object.entries(map?.data ?? {})
  }
  const { name = '', optional } = secretRef ?? {}
  const secret = await objects.secret(namespace, name)
  if (secret === undefined && optional !== true) throw new PodConfigError(`secret "${name}" not found`)
  return Object.entries(secret?.data ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')] as const,
  )
}
