import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../machinery/index.ts'
import { Engine } from '../engine/engine.ts'
import type { HistoryLimits } from '../engine/history.ts'
import type { Journal, PastChange } from '../engine/journal.ts'
import { bytesOf, type Value } from '../late-value.ts'
import { type Revision, type Store, StoreOpenError, StoreUnavailableError, type Written } from '../store.ts'
import type { SealedSeed } from './kms/envelope.ts'
import type { KmsKeys, KmsMeasures, KmsPlugin } from './kms/keys.ts'
import type { Answer, Ask, Opened, Reply } from './messages.ts'
import { packed } from './packing.ts'
import type { EncryptionRule } from './seal.ts'
import type { SealReport } from './tally.ts'

export interface SqliteOptions {
  /** Holds `store.db`; made when it is not there. */
  readonly directory: string
  /** How much of the past stays in memory; older history is read from disk. */
  readonly memory?: HistoryLimits
  /** How values are encrypted on disk; the first rule whose prefixes a key has counts. Without, they lie there in plain. */
  readonly encryption?: readonly EncryptionRule[]
  /** The plugins that rules name, and the time they are asked by. */
  readonly kms?: { readonly clock: Clock; readonly plugins: ReadonlyMap<string, KmsPlugin> }
  /** Told of what is encrypted, and of what its plugins answer. */
  readonly measures?: SealingMeasures
}

/** What somebody wants to know of values that are encrypted. */
export interface SealingMeasures extends KmsMeasures {
  sealed(report: SealReport): void
  /** A seed had to be opened by its plugin. */
  seedMissed(): void
  /** So many seeds of a provider are known. */
  seedsKnown(provider: string, count: number): void
}

/** A store whose values may be encrypted otherwise while it is open. */
export interface SqliteStore extends Store {
  /** What is wrong with its KMS plugins; empty when nothing is. */
  kmsProblem(): string
  /** Encrypts so from now on, what is stored included. Rejects, and changes nothing, when it cannot. */
  encryptAnew(encryption: readonly EncryptionRule[], plugins: ReadonlyMap<string, KmsPlugin>): Promise<void>
}

const memoryDefault: HistoryLimits = { changesMax: 20_000, bytesMax: 16 << 20 }

/** The store of a real cluster: SQLite in a thread of its own, one synced transaction per batch. Rejects with StoreOpenError. */
export async function openSqliteStore({
  directory,
  memory = memoryDefault,
  encryption = [],
  kms,
  measures,
}: SqliteOptions): Promise<SqliteStore> {
  const file = join(directory, 'store.db')
  const thread = startThread(measures)
  const sealing = new Sealing(thread, kms?.clock, measures)
  try {
    await sealing.use(encryption, kms?.plugins ?? new Map())
    const opened = (await sealing.ask({ type: 'open', file, encryption, counted: measures !== undefined })) as Opened
    const journal: Journal = {
      append: async (writes) => {
        const batch = writes.map(({ value, ...write }) => ({ ...write, value: value && bytesOf(value) }))
        await thread.ask({ type: 'append', batch: packed(batch) })
      },
      past: async (from, to) => (await sealing.ask({ type: 'past', from, to })) as readonly PastChange[],
      compact: async (before) => void (await thread.ask({ type: 'compact', before })),
      sizeBytes: () => fileBytes(file) + fileBytes(`${file}-wal`),
      async close() {
        sealing.stop()
        await thread.ask({ type: 'close' })
        await thread.ended
      },
    }
    const current = opened.rows.map(([key, created, modified, value]) => ({ key, created, modified, value }))
    const known = { revision: opened.revision, compactedTo: opened.compactedTo, current }
    return new SealedEngine(journal, known, memory, sealing)
  } catch (error) {
    sealing.stop()
    await thread.terminate()
    throw error
  }
}

/** How long a file is; nothing when there is none. */
const fileBytes = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** The engine, which refuses a write that could not be sealed before others wait for it. */
class SealedEngine extends Engine implements SqliteStore {
  readonly #sealing: Sealing
  constructor(
    journal: Journal,
    known: ConstructorParameters<typeof Engine>[1],
    memory: HistoryLimits,
    sealing: Sealing,
  ) {
    super(journal, known, memory)
    this.#sealing = sealing
  }

  override put(key: string, value: Value, expected: Revision): Promise<Written> {
    const problem = this.#sealing.writeProblem(key)
    return problem === ''
      ? super.put(key, value, expected)
      : Promise.reject(new StoreUnavailableError(`the store refused: ${problem}`))
  }

  kmsProblem(): string {
    return this.#sealing.problem()
  }

  async encryptAnew(encryption: readonly EncryptionRule[], plugins: ReadonlyMap<string, KmsPlugin>): Promise<void> {
    await this.#sealing.change(encryption, plugins)
  }
}

/** The rules by which values are sealed, and the plugins they need. */
class Sealing {
  readonly #thread: Thread
  readonly #clock: Clock | undefined
  readonly #measures: SealingMeasures | undefined
  readonly #seeds = new Map<string, Set<string>>()
  #rules: readonly EncryptionRule[] = []
  #keys = new Map<string, KmsKeys>()
  #stop = new AbortController()

  constructor(thread: Thread, clock: Clock | undefined, measures: SealingMeasures | undefined) {
    this.#thread = thread
    this.#clock = clock
    this.#measures = measures
  }

  /** Makes ready for the rules: each plugin is asked once. */
  async use(rules: readonly EncryptionRule[], plugins: ReadonlyMap<string, KmsPlugin>): Promise<void> {
    const made = await this.#keysFor(rules, plugins)
    this.#rules = rules
    this.#keys = made
    this.#run(made)
  }

  async change(rules: readonly EncryptionRule[], plugins: ReadonlyMap<string, KmsPlugin>): Promise<void> {
    const before = this.#keys
    const made = await this.#keysFor(rules, plugins)
    const unwell = [...made.values()].find(({ problem }) => problem !== '')
    try {
      if (unwell !== undefined) throw new StoreUnavailableError(unwell.problem)
      this.#keys = new Map([...before, ...made])
      await this.ask({ type: 'reseal', encryption: rules })
    } catch (error) {
      this.#keys = before
      for (const one of made.values()) one.stop()
      // The seeds of those that stay may have been replaced.
      await Promise.all([...before.values()].map((one) => one.tellAgain()))
      throw error
    }
    this.#stop.abort()
    this.#stop = new AbortController()
    this.#rules = rules
    this.#keys = made
    this.#run(made)
  }

  /** Asks the thread; a seed it needs first is opened by its plugin. */
  async ask(question: Ask): Promise<Answer> {
    for (;;) {
      try {
        return await this.#thread.ask(question)
      } catch (error) {
        if (!(error instanceof SeedWanted)) throw error
        const { wanted } = error
        this.#measures?.seedMissed()
        const keys = this.#keys.get(wanted.provider)
        if (keys === undefined) throw encrypted(question, error.message)
        const seed = await keys.decrypt(wanted).catch((cause: unknown) => {
          const why = cause instanceof Error ? cause.message : String(cause)
          throw encrypted(question, `KMS provider ${wanted.provider}: failed to decrypt DEK, error: ${why}`)
        })
        await this.#thread.ask({ type: 'seed', sealed: wanted, seed })
        this.#learned(wanted.provider, wanted.source)
      }
    }
  }

  /** Why a value of a key cannot be written now; empty when it can. */
  writeProblem(key: string): string {
    if (this.#keys.size === 0) return ''
    const [writer] = this.#rules.find(({ prefixes }) => prefixes.some((one) => key.startsWith(one)))?.providers ?? []
    const keys = writer?.type === 'kms' ? this.#keys.get(writer.name ?? '') : undefined
    return keys === undefined || keys.canWrite ? '' : keys.problem
  }

  problem(): string {
    return [...this.#keys.values()]
      .map(({ problem }) => problem)
      .filter((one) => one !== '')
      .join(', ')
  }

  stop(): void {
    this.#stop.abort()
    for (const one of this.#keys.values()) one.stop()
  }

  async #keysFor(
    rules: readonly EncryptionRule[],
    plugins: ReadonlyMap<string, KmsPlugin>,
  ): Promise<Map<string, KmsKeys>> {
    const names = new Set(
      rules.flatMap(({ providers }) => providers.flatMap(({ type, name }) => (type === 'kms' ? [name!] : []))),
    )
    const made = new Map<string, KmsKeys>()
    if (names.size === 0) return made
    // Few stores have a plugin, and what it takes is not loaded for the others.
    const { KmsKeys: Keys } = await import('./kms/keys.ts')
    for (const name of names) {
      const plugin = plugins.get(name)
      if (plugin === undefined || this.#clock === undefined)
        throw new StoreOpenError('encrypted', `there is no plugin for the KMS provider ${JSON.stringify(name)}`)
      const onWrite = async (seed: Parameters<KmsKeysOnWrite>[0]) => {
        await this.#thread.ask({ type: 'write-seed', provider: name, seed })
        if (seed !== undefined) this.#learned(name, seed.source)
      }
      made.set(name, new Keys({ name, plugin, clock: this.#clock, onWrite, measures: this.#measures }))
    }
    await Promise.all([...made.values()].map((one) => one.ask()))
    return made
  }

  #learned(provider: string, source: Uint8Array): void {
    const known = this.#seeds.get(provider) ?? new Set()
    this.#seeds.set(provider, known.add(Buffer.from(source).toString('base64')))
    this.#measures?.seedsKnown(provider, known.size)
  }

  #run(keys: ReadonlyMap<string, KmsKeys>): void {
    for (const one of keys.values()) void one.run(this.#stop.signal)
  }
}
type KmsKeysOnWrite = ConstructorParameters<typeof KmsKeys>[0]['onWrite']

/** While it opens, a store that cannot be read is named so; later it is not to be had. */
function encrypted(question: Ask, message: string): Error {
  return question.type === 'open' ? new StoreOpenError('unavailable', message) : new StoreUnavailableError(message)
}

/** The thread needs a seed first. */
class SeedWanted extends Error {
  override name = 'SeedWanted'
  readonly wanted: SealedSeed
  constructor(message: string, wanted: SealedSeed) {
    super(message)
    this.wanted = wanted
  }
}

interface Thread {
  ask(question: Ask): Promise<Answer>
  readonly ended: Promise<void>
  terminate(): Promise<void>
}

function startThread(measures: SealingMeasures | undefined): Thread {
  const worker = new Worker(new URL('./thread.ts', import.meta.url))
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
  let next = 0
  let dead: Error | undefined
  worker.on('message', (reply: Reply) => {
    const asker = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.sealed !== undefined) measures?.sealed(reply.sealed)
    if ('answer' in reply) asker?.resolve(reply.answer)
    else asker?.reject(failureOf(reply.failure))
  })
  const ended = new Promise<void>((resolve) => {
    const end = (why: string) => {
      dead = new StoreUnavailableError(why)
      for (const { reject } of waiting.values()) reject(dead)
      waiting.clear()
      resolve()
    }
    worker.once('error', (error) =>
      end(`the store's thread failed: ${error instanceof Error ? error.message : String(error)}`),
    )
    worker.once('exit', () => end('the store is closed'))
  })
  return {
    ended,
    ask: (question) =>
      new Promise<Answer>((resolve, reject) => {
        if (dead !== undefined) return reject(dead)
        const id = next++
        waiting.set(id, { resolve, reject })
        // What is packed for the thread alone goes there as it is.
        const own = question.type === 'append' ? [question.batch.bytes.buffer as ArrayBuffer] : []
        worker.postMessage({ id, ...question }, own)
      }),
    terminate: async () => void (await worker.terminate()),
  }
}

function failureOf({ message, open, wanted }: Extract<Reply, { failure: unknown }>['failure']): Error {
  if (wanted !== undefined) return new SeedWanted(message, wanted)
  return open === undefined
    ? new StoreUnavailableError(`the store refused: ${message}`)
    : new StoreOpenError(open, message)
}
