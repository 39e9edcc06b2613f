import { createHash } from 'node:crypto'
import { type Clock, isNotFound, type KubeObject, microTimestampOf, msOf, type Random } from '../../machinery/index.ts'
import { type Lease, leases } from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import type { Registry } from '../registry/registry.ts'

export interface IdentityParts {
  readonly registry: Registry
  readonly clock: Clock
  readonly random: Random
  readonly hostname: string
  readonly onError: (error: unknown, about: string) => void
}

const namespace = 'kube-system'
const component = 'kube-apiserver'
/** Kubernetes: what tells the servers' leases from those of elections. */
const identityLabel = 'apiserver.kubernetes.io/identity'
const leaseSeconds = 3600
const renewMs = 10_000
const collectMs = 3_600_000

/** Kubernetes: a server's name is a hash of its machine's name, so that it has the same one after a restart. */
export function serverNameOf(hostname: string): string {
  const lengthAnd = (text: string) => {
    const bytes = Buffer.from(text)
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
  }
  const digest = createHash('sha256').update(lengthAnd(hostname)).update(lengthAnd(component)).digest()
  return `apiserver-${base32(digest.subarray(0, 16))}`
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += alphabet[(value >> (bits - 5)) & 31]
    value &= (1 << bits) - 1
  }
  return bits > 0 ? `${text}${alphabet[(value << (5 - bits)) & 31]}` : text
}

/** Says by a Lease that this server is there, and takes away the leases of servers that are gone. */
export class ServerIdentity {
  readonly #parts: IdentityParts
  readonly #name: string
  readonly #holder: string
  readonly #leased = Promise.withResolvers<void>()
  #ended = false

  constructor(parts: IdentityParts) {
    this.#parts = parts
    this.#name = serverNameOf(parts.hostname)
    this.#holder = `${this.#name}_${parts.random.uuid()}`
  }

  /** What the lease is called. */
  get name(): string {
    return this.#name
  }

  /** Resolves once the lease is there. */
  get leased(): Promise<void> {
    return this.#leased.promise
  }

  /** Renews the lease until the signal aborts or `end` is called. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, registry, onError } = this.#parts
    // Kubernetes: what an earlier process of this machine said is not to be believed for a moment.
    await this.#remove(this.#name).catch((error: unknown) => onError(error, 'the lease of an earlier server'))
    let collectedMs = Number.NEGATIVE_INFINITY
    while (!signal.aborted && !this.#ended) {
      await this.#renew().then(this.#leased.resolve, (error: unknown) => onError(error, 'the lease of this server'))
      if (clock.monotonic() - collectedMs >= collectMs) {
        collectedMs = clock.monotonic()
        await this.#collect(registry).catch((error: unknown) => onError(error, 'leases of servers that are gone'))
      }
      await clock.sleep(renewMs * (1 + 0.04 * random.next()), signal).catch(() => {})
    }
  }

  /** The server is about to stop: nobody is to look for it. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#remove(this.#name)
  }

  async #renew(): Promise<void> {
    const { registry, clock, hostname } = this.#parts
    const now = microTimestampOf(clock.now())
    const labels = { [identityLabel]: component, 'kubernetes.io/hostname': hostname }
    const spec = { holderIdentity: this.#holder, leaseDurationSeconds: leaseSeconds, renewTime: now }
    const current = await registry.find<Lease>(leases, namespace, this.#name)
    if (this.#ended) return
    if (current === undefined) {
      const metadata = { name: this.#name, namespace, labels }
      await registry.create(leases, namespace, { metadata, spec } as unknown as KubeObject, loopbackContext())
      return
    }
    const next = (live: KubeObject | undefined): any => ({
      ...live,
      metadata: { ...live!.metadata, labels: { ...live!.metadata.labels, ...labels } },
      spec: { ...(live as Lease).spec, ...spec },
    })
    await registry.update(leases, namespace, this.#name, { retry: true, next }, loopbackContext())
  }

  async #collect(registry: Registry): Promise<void> {
    const nowMs = this.#parts.clock.now()
    for (const lease of await registry.all<Lease>(leases, namespace)) {
      if (lease.metadata.labels?.[identityLabel] !== component || !isExpired(lease, nowMs)) continue
      await this.#remove(lease.metadata.name)
    }
  }

  async #remove(name: string): Promise<void> {
    await this.#parts.registry.delete(leases, namespace, name, {}, loopbackContext()).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

function isExpired({ spec }: Lease, nowMs: number): boolean {
  const seconds = spec?.leaseDurationSeconds
  if (spec?.renewTime === undefined || seconds === undefined) return true
  return msOf(spec.renewTime) + seconds * 1000 < nowMs
}
