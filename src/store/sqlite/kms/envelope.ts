import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { decodeObject, type EncryptedObject, encodeObject } from './object.ts'

/** What new values are sealed with: a seed, and what the plugin made of it. */
export interface WriteSeed {
  readonly keyId: string
  readonly source: Uint8Array
  readonly annotations: Readonly<Record<string, Uint8Array>>
  readonly seed: Uint8Array
}
/** A seed that only a plugin can open again. */
export interface SealedSeed {
  readonly provider: string
  readonly keyId: string
  readonly source: Uint8Array
  readonly annotations: Readonly<Record<string, Uint8Array>>
}

/** A value whose seed is not known: the plugin must be asked, and then it may be tried again. */
export class UnknownSeed extends Error {
  override name = 'UnknownSeed'
  readonly wanted: SealedSeed
  constructor(wanted: SealedSeed) {
    super(`the seed that ${wanted.provider} sealed with the key ${JSON.stringify(wanted.keyId)} is not known`)
    this.wanted = wanted
  }
}
/** There is no seed to seal new values with. */
export class NoWriteSeed extends Error {
  override name = 'NoWriteSeed'
}

const seedSource = 1
const infoSize = 32
const nonceSize = 12
const tagSize = 16

/** Seeds by who sealed them. They stay in memory, never on disk. */
export class SeedBook {
  readonly #write = new Map<string, WriteSeed>()
  readonly #known = new Map<string, Uint8Array>()

  /** From now on new values of a provider are sealed so; undefined: none are. */
  setWrite(provider: string, seed: WriteSeed | undefined): void {
    if (seed === undefined) this.#write.delete(provider)
    else {
      this.#write.set(provider, seed)
      this.learn({ provider, ...seed }, seed.seed)
    }
  }

  learn(sealed: SealedSeed, seed: Uint8Array): void {
    this.#known.set(nameOf(sealed), seed)
  }

  /** Seals a value, as Kubernetes' KMS v2 does, where it lies authenticated with it. Throws NoWriteSeed. */
  seal(
    provider: string,
    value: Uint8Array,
    place: Uint8Array,
    random: (size: number) => Uint8Array,
  ): { readonly sealed: Uint8Array; readonly keyId: string } {
    const write = this.#write.get(provider)
    if (write === undefined) throw new NoWriteSeed(`KMS provider ${provider} has no key to write with`)
    const info = random(infoSize)
    const nonce = random(nonceSize)
    const cipher = createCipheriv('aes-256-gcm', derived(write.seed, info), nonce)
    cipher.setAAD(place)
    const data = Buffer.concat([info, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    return { sealed: encodeObject({ ...write, data, sourceType: seedSource }), keyId: write.keyId }
  }

  /** The value, and whether it would be written otherwise now. Throws UnknownSeed, and anything else for what cannot be opened. */
  open(
    provider: string,
    sealed: Uint8Array,
    place: Uint8Array,
  ): { readonly value: Uint8Array; readonly isStale: boolean; readonly keyId: string } {
    const object = decodeObject(sealed)
    if (object === undefined) throw new Error('it is no EncryptedObject')
    const wanted = { provider, ...object }
    const key = this.#known.get(nameOf(wanted))
    if (key === undefined) throw new UnknownSeed(wanted)
    const value = opened(object, key, place)
    const write = this.#write.get(provider)
    const isStale = write !== undefined && (write.keyId !== object.keyId || object.sourceType !== seedSource)
    return { value, isStale, keyId: object.keyId }
  }
}

function opened({ data, sourceType }: EncryptedObject, key: Uint8Array, place: Uint8Array): Uint8Array {
  const isSeed = sourceType === seedSource
  const secret = isSeed ? derived(key, data.subarray(0, infoSize)) : key
  const rest = isSeed ? data.subarray(infoSize) : data
  const method = `aes-${secret.length * 8}-gcm` as 'aes-256-gcm'
  const decipher = createDecipheriv(method, secret, rest.subarray(0, nonceSize), { authTagLength: tagSize })
  decipher.setAAD(place)
  decipher.setAuthTag(rest.subarray(rest.length - tagSize))
  return Buffer.concat([decipher.update(rest.subarray(nonceSize, rest.length - tagSize)), decipher.final()])
}

/** HKDF-Expand with SHA-256 (RFC 5869) to one block: the seed is as good as the output of its first step. */
function derived(seed: Uint8Array, info: Uint8Array): Uint8Array {
  return createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest()
}

function nameOf({ provider, keyId, source, annotations }: SealedSeed): string {
  const texts = Object.keys(annotations)
    .sort()
    .map((name) => [name, Buffer.from(annotations[name]!).toString('base64')])
  return JSON.stringify([provider, keyId, Buffer.from(source).toString('base64'), texts])
}
