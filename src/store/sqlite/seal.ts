import { createCipheriv, createDecipheriv } from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { SeedBook, UnknownSeed } from './kms/envelope.ts'
import { placeOf, type SealTally } from './tally.ts'

export interface EncryptionKey {
  readonly name: string
  /** 16, 24 or 32 bytes; for secretbox 32. */
  readonly secret: Uint8Array
}
export interface EncryptionProvider {
  readonly type: 'aesgcm' | 'aescbc' | 'secretbox' | 'identity' | 'kms'
  readonly keys: readonly EncryptionKey[]
  /** Of a KMS plugin, whose keys are its own. */
  readonly name?: string
}
/** Values of keys below the prefixes are written by the first provider's first key, and read by any. */
export interface EncryptionRule {
  readonly prefixes: readonly string[]
  readonly providers: readonly EncryptionProvider[]
}

/** A value that none of the providers can read; the message names what it was written with. */
export class SealedError extends Error {
  override name = 'SealedError'
}

/** Kubernetes' marks before sealed values: `k8s:enc:PROVIDER:v1:KEY:`. */
const mark = 'k8s:enc:'
const markByte = mark.charCodeAt(0)
const decoder = new TextDecoder()

interface Method {
  seal(secret: Uint8Array, value: Uint8Array, place: Uint8Array, nonce: (size: number) => Uint8Array): Uint8Array
  /** Throws when it was sealed otherwise. */
  open(secret: Uint8Array, sealed: Uint8Array, place: Uint8Array): Uint8Array
}

const tagSize = 16
const methods: Readonly<Record<Exclude<EncryptionProvider['type'], 'identity' | 'kms'>, Method>> = {
  /** A value cannot be moved to another key: where it lies is authenticated with it. */
  aesgcm: {
    seal(secret, value, place, nonce) {
      const iv = nonce(12)
      const cipher = createCipheriv(gcmOf(secret), secret, iv)
      cipher.setAAD(place)
      return Buffer.concat([iv, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
    open(secret, sealed, place) {
      const cipher = createDecipheriv(gcmOf(secret), secret, sealed.subarray(0, 12), { authTagLength: tagSize })
      cipher.setAAD(place)
      cipher.setAuthTag(sealed.subarray(sealed.length - tagSize))
      return Buffer.concat([cipher.update(sealed.subarray(12, sealed.length - tagSize)), cipher.final()])
    },
  },
  aescbc: {
    seal(secret, value, _place, nonce) {
      const iv = nonce(16)
      const cipher = createCipheriv(`aes-${secret.length * 8}-cbc`, secret, iv)
      return Buffer.concat([iv, cipher.update(value), cipher.final()])
    },
    open(secret, sealed) {
      const cipher = createDecipheriv(`aes-${secret.length * 8}-cbc`, secret, sealed.subarray(0, 16))
      return Buffer.concat([cipher.update(sealed.subarray(16)), cipher.final()])
    },
  },
  secretbox: {
    seal(secret, value, _place, nonce) {
      const bytes = nonce(24)
      return Buffer.concat([bytes, xsalsa20poly1305(secret, bytes).encrypt(value)])
    },
    open: (secret, sealed) => xsalsa20poly1305(secret, sealed.subarray(0, 24)).decrypt(sealed.subarray(24)),
  },
}
const gcmOf = (secret: Uint8Array) => `aes-${secret.length * 8}-gcm` as 'aes-256-gcm'

/** Seals values before they reach the disk and opens what comes from it. */
export class Seal {
  readonly #rules: readonly EncryptionRule[]
  readonly #nonce: (size: number) => Uint8Array
  readonly #seeds: SeedBook
  readonly #tally: SealTally | undefined

  /** `tally` is told of every value that a rule concerns. */
  constructor(
    rules: readonly EncryptionRule[],
    nonce: (size: number) => Uint8Array,
    seeds: SeedBook = new SeedBook(),
    tally?: SealTally,
  ) {
    this.#rules = rules
    this.#nonce = nonce
    this.#seeds = seeds
    this.#tally = tally
  }

  /** Nothing is to be sealed, so nothing is to be looked for. */
  get isPlain(): boolean {
    return this.#rules.length === 0
  }

  /** Throws NoWriteSeed where a plugin has given none. */
  seal(key: string, value: Uint8Array): Uint8Array {
    const { place, providers } = this.#ruleOf(key)
    const [writer] = providers
    if (this.#tally === undefined || writer === undefined) return this.#seal(key, value, writer)
    return this.#tally.measured('to_storage', place, markBy(writer), () => this.#seal(key, value, writer))
  }

  #seal(key: string, value: Uint8Array, writer: EncryptionProvider | undefined): Uint8Array {
    if (writer?.type === 'kms') {
      const name = writer.name ?? ''
      const { sealed, keyId } = this.#seeds.seal(name, value, Buffer.from(key), this.#nonce)
      this.#tally?.keyUsed('to_storage', name, keyId)
      return Buffer.concat([Buffer.from(`${mark}kms:v2:${name}:`), sealed])
    }
    const [with_] = writer?.keys ?? []
    if (writer === undefined || writer.type === 'identity' || with_ === undefined) return value
    const sealed = methods[writer.type].seal(with_.secret, value, Buffer.from(key), this.#nonce)
    return Buffer.concat([Buffer.from(`${mark}${writer.type}:v1:${with_.name}:`), sealed])
  }

  /** The value, and whether it would be written otherwise now. Throws SealedError, and UnknownSeed where a plugin must be asked. */
  open(key: string, value: Uint8Array): { readonly value: Uint8Array; readonly isStale: boolean } {
    const { place, providers } = this.#ruleOf(key)
    const found = markOf(value)
    if (this.#tally === undefined || providers.length === 0) return this.#open(key, value, found, providers)
    // Kubernetes: a plugin's or a cipher's mark is told without the name of the key.
    const used =
      found && providers.find((one) => one.type === found.type && (found.type !== 'kms' || one.name === found.key))
    const mark = found === undefined ? 'identity' : used === undefined ? 'unknown' : markBy(used)
    return this.#tally.measured('from_storage', place, mark, () => this.#open(key, value, found, providers))
  }

  #open(
    key: string,
    value: Uint8Array,
    found: ReturnType<typeof markOf>,
    providers: readonly EncryptionProvider[],
  ): { readonly value: Uint8Array; readonly isStale: boolean } {
    const writer = providers[0]
    if (found === undefined) return { value, isStale: writer !== undefined && writer.type !== 'identity' }
    if (found.type === 'kms') return this.#openByPlugin(key, value, found, providers)
    const provider = providers.find(({ type }) => type === found.type)
    const keyUsed = provider?.keys.find(({ name }) => name === found.key)
    const remedy = `give that key back in the EncryptionConfiguration, behind the one that is to write from now on`
    if (provider === undefined || provider.type === 'identity' || provider.type === 'kms' || keyUsed === undefined)
      throw new SealedError(
        `${key} was encrypted by ${found.type} with the key ${JSON.stringify(found.key)}; ${remedy}`,
      )
    try {
      const opened = methods[provider.type].open(keyUsed.secret, value.subarray(found.length), Buffer.from(key))
      return { value: opened, isStale: provider !== writer || keyUsed !== writer.keys[0] }
    } catch {
      throw new SealedError(
        `${key} cannot be decrypted by ${found.type} with the key ${JSON.stringify(found.key)}: it is another key of that name, or the value was changed; ${remedy}`,
      )
    }
  }

  #openByPlugin(
    key: string,
    value: Uint8Array,
    found: { readonly key: string; readonly length: number },
    providers: readonly EncryptionProvider[],
  ): { readonly value: Uint8Array; readonly isStale: boolean } {
    const provider = providers.find(({ type, name }) => type === 'kms' && name === found.key)
    if (provider === undefined)
      throw new SealedError(
        `${key} was encrypted by the KMS provider ${JSON.stringify(found.key)}; give that provider back in the EncryptionConfiguration, behind the one that is to write from now on`,
      )
    try {
      const opened = this.#seeds.open(found.key, value.subarray(found.length), Buffer.from(key))
      this.#tally?.keyUsed('from_storage', found.key, opened.keyId)
      return { value: opened.value, isStale: opened.isStale || provider !== providers[0] }
    } catch (error) {
      if (error instanceof UnknownSeed) throw error
      throw new SealedError(
        `${key} cannot be decrypted by the KMS provider ${JSON.stringify(found.key)}: its key is another, or the value was changed`,
        { cause: error },
      )
    }
  }

  #ruleOf(key: string): { readonly place: string; readonly providers: readonly EncryptionProvider[] } {
    for (const { prefixes, providers } of this.#rules) {
      const prefix = prefixes.find((one) => key.startsWith(one))
      if (prefix !== undefined) return { place: this.#tally === undefined ? '' : placeOf(key, prefix), providers }
    }
    return nowhere
  }
}

const nowhere = { place: '', providers: [] }

/** Kubernetes: what stands before all values of a provider; nothing before what is plain. */
function markBy({ type, name = '' }: EncryptionProvider): string {
  if (type === 'identity') return ''
  return type === 'kms' ? `${mark}kms:v2:${name}:` : `${mark}${type}:v1:`
}

/** What a sealed value says of itself; undefined for one that is plain. */
function markOf(
  value: Uint8Array,
): { readonly type: string; readonly key: string; readonly length: number } | undefined {
  if (value[0] !== markByte) return undefined
  const head = decoder.decode(value.subarray(0, 512))
  if (!head.startsWith(mark)) return undefined
  const [type = '', version, key = ''] = head.slice(mark.length).split(':', 3)
  if (version !== (type === 'kms' ? 'v2' : 'v1')) return undefined
  return { type, key, length: Buffer.byteLength(`${mark}${type}:${version}:${key}:`) }
}
