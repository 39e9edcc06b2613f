import { createHash } from 'node:crypto'
import type { Secret } from '../../resources/index.ts'
import type { Credentials } from '../runtime/runtime.ts'

interface RegistryEntry {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly identitytoken?: string
  readonly registrytoken?: string
}
/** What a registry is shown, and the pull secret it comes from. */
export interface PullCredentials {
  readonly credentials: Credentials
  readonly secret: { readonly uid: string; readonly namespace: string; readonly name: string }
  /** Two that are the same have the same. */
  readonly hash: string
}
const hubHost = 'docker.io'

/** Registry host and repository of an image reference, with the defaults everybody assumes. */
export function imageRepository(image: string): { readonly host: string; readonly path: string } {
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost'
  if (isHost) return { host: first, path: name.slice(slash + 1) }
  return { host: hubHost, path: slash < 0 ? `library/${name}` : name }
}

/** What a pod's pull secrets hold for an image, most specific path first. */
export function credentialsFor(image: string, secrets: readonly Secret[]): readonly PullCredentials[] {
  const { host, path } = imageRepository(image)
  const found: { readonly depth: number; readonly of: PullCredentials }[] = []
  for (const secret of secrets) {
    const { uid = '', namespace = '', name = '' } = secret.metadata
    for (const [registry, entry] of Object.entries(entriesOf(secret))) {
      const [entryHost = '', ...rest] = registry
        .replace(/^https?:\/\//, '')
        .replace(/\/v[12]\/?$/, '')
        .split('/')
      const entryPath = rest.filter((part) => part !== '').join('/')
      const samePath = entryPath === '' || path === entryPath || path.startsWith(`${entryPath}/`)
      if (sameHost(entryHost, host) && samePath)
        found.push({
          depth: entryPath.length,
          of: {
            credentials: credentialsOf(entry),
            secret: { uid, namespace, name },
            hash: hashOf(credentialsOf(entry)),
          },
        })
    }
  }
  return found.sort((a, b) => b.depth - a.depth).map(({ of }) => of)
}

/** Kubernetes: `*` in a host stands for one of its labels. */
function sameHost(pattern: string, host: string): boolean {
  const known = pattern === 'index.docker.io' || pattern === 'registry-1.docker.io' ? hubHost : pattern
  const [patternLabels, labels] = [known.split('.'), host.split('.')]
  if (patternLabels.length !== labels.length) return false
  return patternLabels.every((label, index) => {
    const expression = label.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^.]*')
    return new RegExp(`^${expression}$`).test(labels[index]!)
  })
}

function entriesOf({ data = {} }: Secret): Readonly<Record<string, RegistryEntry>> {
  const parse = (text: string | undefined) => {
    try {
      return text === undefined ? undefined : JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
    } catch {
      // A secret that cannot be read holds no credentials.
      return undefined
    }
  }
  return parse(data['.dockerconfigjson'])?.auths ?? parse(data['.dockercfg']) ?? {}
}

function credentialsOf(entry: RegistryEntry): Credentials {
  const [username, ...password] = Buffer.from(entry.auth ?? '', 'base64')
    .toString('utf8')
    .split(':')
  return {
    username: entry.username ?? username ?? '',
    password: entry.password ?? password.join(':'),
    ...(entry.identitytoken === undefined ? {} : { identityToken: entry.identitytoken }),
    ...(entry.registrytoken === undefined ? {} : { registryToken: entry.registrytoken }),
  }
}

function hashOf(credentials: Credentials): string {
  return createHash('sha256').update(JSON.stringify(credentials)).digest('hex')
}

const label = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const host = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?'
const reference = new RegExp(
  `^(?:${host}/)?${label}(?:/${label})*(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?$`,
)

/** What is wrong with an image's name, in the words of the reference grammar; undefined when it is one. */
export function imageNameComplaint(image: string): string | undefined {
  if (reference.test(image)) return undefined
  const isCase = reference.test(image.toLowerCase())
  return `invalid reference format${isCase ? ': repository name must be lowercase' : ''}`
}
