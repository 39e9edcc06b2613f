import { existsSync, mkdirSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../machinery/index.ts'
import { writeAtomically } from '../write-atomically.ts'
import { type CertificateRequest, createAuthority, issueCertificate } from './authority.ts'
import { createTokenKey, isUsable, type KeyPair, publicKeyOf } from './key-pair.ts'

const dayMs = 24 * 60 * 60_000
const authorityDays = 3650
const certificateDays = 365
/** Certificates are made anew when less than this is left of them. */
const renewBeforeMs = 60 * dayMs
/** Renewed again while running, well before the end. */
const checkPeriodMs = 12 * 60 * 60_000

export interface PkiRequest {
  readonly directory: string
  /** Every name and address the API server is reached by. */
  readonly apiServerNames: readonly string[]
  readonly kubeletNames: readonly string[]
  readonly nodeName: string
}
/** The certificates and keys of one cluster. */
export interface Pki {
  readonly authority: KeyPair
  readonly apiServer: KeyPair
  /** What the API server shows to kubelets. */
  readonly kubeletClient: KeyPair
  readonly kubeletServer: KeyPair
  /** The cluster administrator of the kubeconfig. */
  readonly admin: KeyPair
  /** Who the kubelet is to the API server. */
  readonly kubelet: KeyPair
  /** Signs nothing but `frontProxyClient`: extension servers believe its bearer about who is calling. */
  readonly frontProxyAuthority: KeyPair
  readonly frontProxyClient: KeyPair
  /** What signs tokens; a new one is looked for, on another thread, when it is first asked for. */
  readonly tokenKey: () => Promise<string>
}

/**
 * Loads the cluster's certificates, making what is missing, unusable or near its end; keys are 0600. All but the key that signs
 * tokens, whose search takes a processor anything between a moment and a quarter of a second.
 */
export async function openPki(request: PkiRequest, nowMs: number): Promise<Pki> {
  const { directory } = request
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  let tokenKey: Promise<string> | undefined
  const [knownAuthority, knownFrontProxy] = await Promise.all([
    loadPair(directory, 'ca'),
    loadPair(directory, 'front-proxy-ca'),
  ])
  const [authority, frontProxyAuthority] = await Promise.all([
    knownAuthority ?? newAuthority(directory, 'ca', 'kubernetes', nowMs),
    knownFrontProxy ?? newAuthority(directory, 'front-proxy-ca', 'front-proxy-ca', nowMs),
  ])
  const issued = (name: string, wanted: Omit<CertificateRequest, 'days'>, by: KeyPair = authority) =>
    issuedIn(directory, name, wanted, by, nowMs)
  const node = { commonName: `system:node:${request.nodeName}`, organizations: ['system:nodes'] }
  const administrators = ['system:masters']
  const [apiServer, kubeletClient, kubeletServer, admin, kubelet, frontProxyClient] = await Promise.all([
    issued('apiserver', { commonName: 'kube-apiserver', names: request.apiServerNames, usages: ['server'] }),
    issued('apiserver-kubelet-client', {
      commonName: 'kube-apiserver-kubelet-client',
      organizations: administrators,
      usages: ['client'],
    }),
    issued('kubelet-server', { ...node, names: request.kubeletNames, usages: ['server'] }),
    issued('admin', { commonName: 'kubernetes-admin', organizations: administrators, usages: ['client'] }),
    issued('kubelet', { ...node, usages: ['client'] }),
    issued('front-proxy-client', { commonName: 'front-proxy-client', usages: ['client'] }, frontProxyAuthority),
  ])
  return {
    authority,
    frontProxyAuthority,
    tokenKey: () => {
      tokenKey ??= openTokenKey(directory)
      return tokenKey
    },
    apiServer,
    kubeletClient,
    kubeletServer,
    admin,
    kubelet,
    frontProxyClient,
  }
}

/** What one node after the first shows and is, by the cluster's authority, kept in a directory of its own. */
export async function openNodePki(
  { directory, nodeName, kubeletNames }: Pick<PkiRequest, 'directory' | 'nodeName' | 'kubeletNames'>,
  authority: KeyPair,
  nowMs: number,
): Promise<Pick<Pki, 'kubelet' | 'kubeletServer'>> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const node = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] }
  const [kubelet, kubeletServer] = await Promise.all([
    issuedIn(directory, 'kubelet', { ...node, usages: ['client'] }, authority, nowMs),
    issuedIn(directory, 'kubelet-server', { ...node, names: kubeletNames, usages: ['server'] }, authority, nowMs),
  ])
  return { kubelet, kubeletServer }
}

/** The pair that is kept by this name, made anew when it is missing, unusable or near its end. */
async function issuedIn(
  directory: string,
  name: string,
  wanted: Omit<CertificateRequest, 'days'>,
  by: KeyPair,
  nowMs: number,
): Promise<KeyPair> {
  const pair = await loadPair(directory, name)
  if (pair !== undefined && isUsable(pair, by.cert, wanted.names ?? [], nowMs + renewBeforeMs)) return pair
  return keepPair(directory, name, issueCertificate(by, { ...wanted, days: certificateDays }, nowMs))
}

async function loadPair(directory: string, name: string): Promise<KeyPair | undefined> {
  const [cert, key] = await Promise.all(['crt', 'key'].map((kind) => readIfThere(join(directory, `${name}.${kind}`))))
  return cert === undefined || key === undefined ? undefined : { cert, key }
}

async function keepPair(directory: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await Promise.all([
    writeAtomically(join(directory, `${name}.key`), pair.key, 0o600),
    writeAtomically(join(directory, `${name}.crt`), pair.cert, 0o644),
  ])
  return pair
}

async function newAuthority(directory: string, file: string, name: string, nowMs: number): Promise<KeyPair> {
  return keepPair(directory, file, createAuthority(name, nowMs, authorityDays))
}

/** The key that signs tokens, found and kept when there is none. */
async function openTokenKey(directory: string): Promise<string> {
  const file = join(directory, 'sa.key')
  if (existsSync(file)) return readTokenKey(file)
  const made = await createTokenKey()
  await Promise.all([
    writeAtomically(file, made, 0o600),
    writeAtomically(join(directory, 'sa.pub'), publicKeyOf(made), 0o644),
  ])
  return made
}

async function readTokenKey(file: string): Promise<string> {
  const text = await readFile(file, 'utf8')
  try {
    publicKeyOf(text)
  } catch (error) {
    throw new Error(
      `${file}, which signs service-account tokens, is no private key (${(error as Error).message}); put the right one there, or remove it to have a new one made, by which the tokens given out so far are refused`,
    )
  }
  return text
}

/** Looks at the certificates now and then and tells when they were renewed. */
export async function keepPki(
  request: PkiRequest,
  opened: Pki,
  clock: Clock,
  onRenewed: (pki: Pki) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let known = opened
  while (!signal.aborted) {
    await clock.sleep(checkPeriodMs, signal).catch(() => {})
    if (signal.aborted) return
    const now = await openPki(request, clock.now())
    if (
      now.apiServer.cert !== known.apiServer.cert ||
      now.kubeletServer.cert !== known.kubeletServer.cert ||
      now.admin.cert !== known.admin.cert
    )
      await onRenewed(now)
    known = now
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
