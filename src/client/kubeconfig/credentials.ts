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
  if (user.exec !== undefined || user['auth-provider'] !== undefined)
    throw new Error(`${file} gets its user from a program; give one with a certificate or a token`)
  const pem = (from: Fields, field: string): string | undefined => {
    const inline = textOf(from[`${field}-data`])
    if (inline !== undefined) return Buffer.from(inline, 'base64').toString('utf8')
    const path = textOf(from[field])
    return path === undefined ? undefined : readFileSync(resolve(dirname(file), path), 'utf8')
  }
  const [ca, cert, key] = [
    pem(cluster, 'certificate-authority'),
    pem(user, 'client-certificate'),
    pem(user, 'client-key'),
  ]
  const token = tokenOf(file, user)
  return {
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecure: true } : {}),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
  }
}

/** Kubernetes: a token's file wins over the token, and is read again, for it may be renewed. */
function tokenOf(file: string, user: Fields): (() => string) | undefined {
  const path = textOf(user.tokenFile)
  if (path !== undefined) return () => readFileSync(resolve(dirname(file), path), 'utf8').trim()
  const token = textOf(user.token)
  return token === undefined ? undefined : () => token
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
