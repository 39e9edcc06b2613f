import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseYaml } from '../../machinery/index.ts'
import type { HttpCredentials } from '../transport/http.ts'

interface Named<T> {
  readonly name?: string
  readonly cluster?: T
  readonly user?: T
  readonly context?: T
}
type Fields = Readonly<Record<string, unknown>>
interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly Named<Fields>[]
  readonly clusters?: readonly Named<Fields>[]
  readonly users?: readonly Named<Fields>[]
}

/** How a kubeconfig's current context reaches its cluster, and as whom; throws an Error that says what is missing. */
export function credentialsFromKubeconfig(file: string): HttpCredentials {
  const config = (parseYaml(readFileSync(file, 'utf8')).value ?? {}) as Kubeconfig
  const contextName = config['current-context'] ?? ''
  const context = config.contexts?.find(({ name }) => name === contextName)?.context
  if (context === undefined) throw new Error(`${file} has no current context; set one with kubectl config use-context`)
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {}
  const server = textOf(cluster?.server)
  if (cluster === undefined || server === undefined)
    throw new Error(`${file} does not say where the cluster of its context ${contextName} is`)
  const ca = pemOf(file, cluster, 'certificate-authority')
  return {
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecure: true } : {}),
    ...userOf(file, user),
  }
}

/** Somebody that a kubeconfig knows. */
export interface KubeconfigUser {
  /** PEM. */
  readonly cert?: string
  readonly key?: string
  readonly token?: () => string
  readonly username?: string
  readonly password?: string
}

/** Everybody a kubeconfig knows, and who its current context is; throws an Error that says who cannot be had. */
export function usersOfKubeconfig(file: string): {
  readonly users: ReadonlyMap<string, KubeconfigUser>
  readonly current?: string
} {
  const config = (parseYaml(readFileSync(file, 'utf8')).value ?? {}) as Kubeconfig
  const users = new Map<string, KubeconfigUser>()
  for (const { name = '', user = {} } of config.users ?? []) {
    const [username, password] = [textOf(user.username), textOf(user.password)]
    users.set(name, {
      ...userOf(file, user),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    })
  }
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context
  const current = textOf(context?.user)
  return { users, ...(current === undefined ? {} : { current }) }
}

function userOf(file: string, user: Fields): Pick<KubeconfigUser, 'cert' | 'key' | 'token'> {
  if (user.exec !== undefined || user['auth-provider'] !== undefined)
    throw new Error(`${file} gets its user from a program; give one with a certificate or a token`)
  const [cert, key] = [pemOf(file, user, 'client-certificate'), pemOf(file, user, 'client-key')]
  const token = tokenOf(file, user)
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
  }
}

/** A certificate or key, from the file itself or beside it. */
function pemOf(file: string, from: Fields, field: string): string | undefined {
  const inline = textOf(from[`${field}-data`])
  if (inline !== undefined) return Buffer.from(inline, 'base64').toString('utf8')
  const path = textOf(from[field])
  return path === undefined ? undefined : readFileSync(resolve(dirname(file), path), 'utf8')
}

/** Kubernetes: a token's file wins over the token, and is read again, for it may be renewed. */
function tokenOf(file: string, user: Fields): (() => string) | undefined {
  const path = textOf(user.tokenFile)
  if (path !== undefined) return () => readFileSync(resolve(dirname(file), path), 'utf8').trim()
  const token = textOf(user.token)
  return token === undefined ? undefined : () => token
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
