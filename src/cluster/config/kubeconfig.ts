import { readFile, realpath } from 'node:fs/promises'
import { parseYaml, yamlText } from '../../machinery/index.ts'
import type { KeyPair } from '../certificates/key-pair.ts'
import { writeAtomically } from '../write-atomically.ts'

interface Named {
  readonly name: string
}
export interface Kubeconfig {
  readonly 'current-context'?: string
  readonly clusters?: readonly Named[]
  readonly contexts?: readonly Named[]
  readonly users?: readonly Named[]
  readonly [key: string]: unknown
}

/** The name of the context, cluster and user of a cluster in every kubeconfig. */
export function contextName(clusterName: string): string {
  return `cox-${clusterName}`
}

/** The kubeconfig of one cluster, for its administrator, with everything inside. */
export function kubeconfigOf(clusterName: string, server: string, authority: string, admin: KeyPair): Kubeconfig {
  const name = contextName(clusterName)
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(authority) } } as Named],
    users: [
      { name, user: { 'client-certificate-data': base64(admin.cert), 'client-key-data': base64(admin.key) } } as Named,
    ],
    contexts: [{ name, context: { cluster: name, user: name } } as Named],
    'current-context': name,
  }
}

/** Adds a cluster to a kubeconfig file, leaving all else in it as it is; makes it current when asked. */
export async function addToKubeconfig(file: string, added: Kubeconfig, makeCurrent: boolean): Promise<void> {
  const existing = await readKubeconfig(file)
  const merged: Kubeconfig = {
    ...existing,
    apiVersion: 'v1',
    kind: 'Config',
    clusters: replaced(existing.clusters, added.clusters ?? []),
    users: replaced(existing.users, added.users ?? []),
    contexts: replaced(existing.contexts, added.contexts ?? []),
    'current-context':
      makeCurrent || existing['current-context'] === undefined || existing['current-context'] === ''
        ? (added['current-context'] ?? '')
        : existing['current-context'],
  }
  await write(file, merged)
}

/** Takes a cluster out of a kubeconfig file; without a file, or without the cluster in it, nothing happens. */
export async function removeFromKubeconfig(file: string, clusterName: string): Promise<void> {
  const name = contextName(clusterName)
  const existing = await readKubeconfig(file)
  const without = (list: readonly Named[] | undefined) => (list ?? []).filter((one) => one.name !== name)
  if (![existing.clusters, existing.contexts, existing.users].some((list) => list?.some((one) => one.name === name)))
    return
  await write(file, {
    ...existing,
    clusters: without(existing.clusters),
    users: without(existing.users),
    contexts: without(existing.contexts),
    'current-context': existing['current-context'] === name ? '' : (existing['current-context'] ?? ''),
  })
}

function replaced(list: readonly Named[] | undefined, added: readonly Named[]): readonly Named[] {
  const names = new Set(added.map(({ name }) => name))
  return [...(list ?? []).filter(({ name }) => !names.has(name)), ...added]
}

/** What a kubeconfig file holds; empty when there is none. */
export async function readKubeconfig(file: string): Promise<Kubeconfig> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  const { value } = parseYaml(text)
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw new Error(`${file} is not a kubeconfig: move it away or set KUBECONFIG to another file`)
  return value as Kubeconfig
}

async function write(file: string, content: Kubeconfig): Promise<void> {
  // A link is followed, so that the file it stands for is what changes.
  const target = await realpath(file).catch(() => file)
  await writeAtomically(target, yamlText(content), 0o600)
}
