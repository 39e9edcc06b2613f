import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../machinery/index.ts'
import type { KeyPair } from './authority.ts'

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
  readonly tokenKey: string
}

/** Loads the cluster's certificates, making what is missing, unusable or near its end; keys are 0600. */
export async function openPki(request: PkiRequest, clock: Clock): Promise<Pki> {
  const { directory } = request
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const nowMs = clock.now()
  const load = async (name: string): Promise<KeyPair | undefined> => {
    const cert = await readIfThere(join(directory, `${name}.crt`))
    const key = await readIfThere(join(directory, `${name}.key`))
    return cert === undefined || key === undefined ? undefined : { cert, key }
  }
  const keep = async (name: string, pair: KeyPair): Promise<KeyPair> => {
    await writeAtomically(join(directory, `${name}.key`), pair.key, 0o600)
    await writeAtomically(join(directory, `${name}.crt`), pair.cert, 0o644)
    return pair
  }
  const known = { authority: await load('ca'), tokenKey: await readIfThere(join(directory, 'sa.key')) }
  // Loaded only here: the X.509 library is slow to import, and most starts need it for checking alone.
  const tools = await import('./authority.ts')
  // Slow to find, so it is looked for while the certificates are made.
  const newTokenKey = known.tokenKey === undefined ? tools.createTokenKey() : undefined
  const authority =
    known.authority ?? (await keep('ca', await tools.createAuthority('kubernetes', nowMs, authorityDays)))
  const issued = async (
    name: string,
    wanted: {
      commonName: string
      organizations?: readonly string[]
      names?: readonly string[]
      usages: readonly ('server' | 'client')[]
    },
  ): Promise<KeyPair> => {
    const pair = await load(name)
    if (pair !== undefined && tools.isUsable(pair, authority.cert, wanted.names ?? [], nowMs + renewBeforeMs))
      return pair
    return keep(name, await tools.issueCertificate(authority, { ...wanted, days: certificateDays }, nowMs))
  }
  const tokenKey = known.tokenKey ?? (await newTokenKey!)
  if (known.tokenKey === undefined) {
    await writeAtomically(join(directory, 'sa.key'), tokenKey, 0o600)
    await writeAtomically(join(directory, 'sa.pub'), tools.publicKeyOf(tokenKey), 0o644)
  }
  return {
    authority,
    tokenKey,
    apiServer: await issued('apiserver', {
      commonName: 'kube-apiserver',
      names: request.apiServerNames,
      usages: ['server'],
    }),
    kubeletClient: await issued('apiserver-kubelet-client', {
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters'],
      usages: ['client'],
    }),
    kubeletServer: await issued('kubelet-server', {
      commonName: `system:node:${request.nodeName}`,
      organizations: ['system:nodes'],
      names: request.kubeletNames,
      usages: ['server'],
    }),
    admin: await issued('admin', {
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      usages: ['client'],
    }),
    kubelet: await issued('kubelet', {
      commonName: `system:node:${request.nodeName}`,
      organizations: ['system:nodes'],
      usages: ['client'],
    }),
  }
}

/** Looks at the certificates now and then and tells when they were renewed. */
export async function keepPki(
  request: PkiRequest,
  clock: Clock,
  onRenewed: (pki: Pki) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let known = await openPki(request, clock)
  while (!signal.aborted) {
    await clock.sleep(checkPeriodMs, signal).catch(() => {})
    if (signal.aborted) return
    const now = await openPki(request, clock)
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

/** Writes beside and renames: readers see the old file or the new one. */
export async function writeAtomically(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  await writeFile(temporary, content, { mode })
  await rename(temporary, file)
}
