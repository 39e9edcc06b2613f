import { randomFillSync } from 'node:crypto'
import { type Clock, dns1123SubdomainErrors } from '../../../machinery/index.ts'
import type { SealedSeed, WriteSeed } from './envelope.ts'

/** A KMS v2 plugin, as its three calls are. */
export interface KmsPlugin {
  status(): Promise<{ readonly version: string; readonly healthz: string; readonly keyId: string }>
  encrypt(plaintext: Uint8Array): Promise<{
    readonly ciphertext: Uint8Array
    readonly keyId: string
    readonly annotations: Readonly<Record<string, Uint8Array>>
  }>
  decrypt(sealed: Omit<SealedSeed, 'provider'>): Promise<Uint8Array>
}

/** Kubernetes: how often a plugin is asked how it is, and how long one that does not answer well may still be written with. */
const wellEveryMs = 60_000
const unwellEveryMs = 10_000
const writeWithoutAnswerMs = 3 * 60_000
const keyIdBytesMax = 1024
const sourceBytesMax = 1024
const annotationBytesMax = 32 * 1024
const seedSize = 32
const versions = ['v2', 'v2beta1']

/** Told of what a plugin says of its key, and of the seeds that are made. */
export interface KmsMeasures {
  /** The key that the plugin's status names, and what is wrong with the name. */
  statusKey(provider: string, keyId: string, problem: 'empty' | 'too_long' | undefined): void
  seedMade(seconds: number): void
}
export interface KmsKeysParts {
  readonly name: string
  readonly plugin: KmsPlugin
  readonly clock: Clock
  /** Told of what is to be written with from now on; undefined for nothing. */
  readonly onWrite: (seed: WriteSeed | undefined) => Promise<void>
  readonly measures?: KmsMeasures | undefined
}

/** The seed of one provider: made when first asked, made anew when the plugin's key is another, given up when it is away too long. */
export class KmsKeys {
  readonly name: string
  readonly #parts: KmsKeysParts
  #version = ''
  #write: WriteSeed | undefined
  #isUsable = false
  #problem = 'it has not been asked yet'
  #expiry: Disposable | undefined
  #isStopped = false

  constructor(parts: KmsKeysParts) {
    this.#parts = parts
    this.name = parts.name
  }

  /** What is wrong with the provider; empty when nothing is. */
  get problem(): string {
    return this.#problem
  }

  /** Whether new values can be sealed. */
  get canWrite(): boolean {
    return this.#isUsable
  }

  decrypt(sealed: SealedSeed): Promise<Uint8Array> {
    return this.#parts.plugin.decrypt(sealed)
  }

  /** Asks the plugin how it is, and makes a new seed where its key has changed. Never rejects. */
  async ask(): Promise<void> {
    try {
      const { version, healthz, keyId } = await this.#parts.plugin.status()
      const problems: string[] = []
      if (healthz !== 'ok') problems.push(`got unexpected healthz status: ${healthz}`)
      if (!versions.includes(version)) problems.push(`expected KMSv2 API version v2, got ${version}`)
      else if (this.#version !== '' && this.#version !== version)
        problems.push(
          `KMSv2 API version should not change after the initial status response version ${this.#version}, got ${version}`,
        )
      else this.#version = version
      const wrongId = keyIdProblem(keyId)
      const code = wrongId === '' ? undefined : keyId === '' ? 'empty' : 'too_long'
      this.#parts.measures?.statusKey(this.name, keyId, code)
      if (wrongId !== '') problems.push(`got invalid KMSv2 KeyID: ${wrongId}`)
      else await this.#useKey(keyId).catch((error: unknown) => void problems.push(textOf(error)))
      this.#problem =
        problems.length === 0 ? '' : `kmsv2 Provider ${this.name} is not healthy, error: ${problems.join(', ')}`
    } catch (error) {
      this.#problem = `failed to perform status section of the healthz check for KMS Provider ${this.name}, error: ${textOf(error)}`
    }
  }

  /** Tells again what is to be written with, for whoever was told otherwise meanwhile. */
  async tellAgain(): Promise<void> {
    await this.#parts.onWrite(this.#isUsable ? this.#write : undefined)
  }

  /** Asks again and again. Ends with the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(this.#problem === '' ? wellEveryMs : unwellEveryMs, signal).catch(() => {})
      if (!signal.aborted) await this.ask()
    }
    this.stop()
  }

  /** Waits for nothing more; an answer that is still to come changes nothing. */
  stop(): void {
    this.#isStopped = true
    this.#expiry?.[Symbol.dispose]()
  }

  async #useKey(keyId: string): Promise<void> {
    if (this.#write?.keyId === keyId) {
      if (!this.#isUsable) await this.#parts.onWrite(this.#write)
    } else {
      const { clock, measures } = this.#parts
      const startedMs = clock.monotonic()
      const seed = randomFillSync(new Uint8Array(seedSize))
      measures?.seedMade((clock.monotonic() - startedMs) / 1000)
      const { ciphertext, keyId: used, annotations } = await this.#parts.plugin.encrypt(seed)
      const problem = sealedProblem(ciphertext, used, annotations)
      if (problem !== '') throw new Error(problem)
      // The plugin may be between two keys: the next answer is waited for.
      if (used !== keyId) throw new Error('failed to rotate DEK: the key of the status is not the key that encrypts')
      const write = { keyId, source: ciphertext, annotations, seed }
      await this.#parts.onWrite(write)
      this.#write = write
    }
    this.#isUsable = true
    this.#expiry?.[Symbol.dispose]()
    if (this.#isStopped) return
    this.#expiry = this.#parts.clock.after(writeWithoutAnswerMs, () => {
      this.#isUsable = false
      void this.#parts.onWrite(undefined).catch(() => {})
    })
  }
}

function keyIdProblem(keyId: string): string {
  const size = Buffer.byteLength(keyId)
  if (size === 0) return 'keyID is empty'
  return size > keyIdBytesMax ? `keyID is ${size} bytes, which exceeds the max size of ${keyIdBytesMax}` : ''
}

function sealedProblem(source: Uint8Array, keyId: string, annotations: Readonly<Record<string, Uint8Array>>): string {
  if (source.length === 0) return 'encrypted DEK source is empty'
  if (source.length > sourceBytesMax)
    return `encrypted DEK source is ${source.length} bytes, which exceeds the max size of ${sourceBytesMax}`
  const names = Object.keys(annotations)
  const wrong = names.find((name) => dns1123SubdomainErrors(name).length > 0 || !name.includes('.'))
  if (wrong !== undefined)
    return `annotations: Invalid value: ${JSON.stringify(wrong)}: should be a domain with at least two segments separated by dots`
  const size = names.reduce((sum, name) => sum + Buffer.byteLength(name) + annotations[name]!.length, 0)
  if (size > annotationBytesMax)
    return `total size of annotations is ${size}, which exceeds the max size of ${annotationBytesMax}`
  return keyIdProblem(keyId)
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
