import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Engine } from '../engine/engine.ts'
import type { HistoryLimits } from '../engine/history.ts'
import type { Journal, PastChange } from '../engine/journal.ts'
import { type Store, StoreOpenError, StoreUnavailableError } from '../store.ts'
import type { Answer, Ask, Opened, Reply } from './messages.ts'
import type { EncryptionRule } from './seal.ts'

export interface SqliteOptions {
  /** Holds `store.db`; made when it is not there. */
  readonly directory: string
  /** How much of the past stays in memory; older history is read from disk. */
  readonly memory?: HistoryLimits
  /** How values are encrypted on disk; the first rule whose prefixes a key has counts. Without, they lie there in plain. */
  readonly encryption?: readonly EncryptionRule[]
}

const memoryDefault: HistoryLimits = { changesMax: 20_000, bytesMax: 16 << 20 }

/** The store of a real cluster: SQLite in a thread of its own, one synced transaction per batch. Rejects with StoreOpenError. */
export async function openSqliteStore({
  directory,
  memory = memoryDefault,
  encryption = [],
}: SqliteOptions): Promise<Store> {
  const file = join(directory, 'store.db')
  const thread = startThread()
  try {
    const opened = (await thread.ask({ type: 'open', file, encryption })) as Opened
    const journal: Journal = {
      append: async (batch) => void (await thread.ask({ type: 'append', batch })),
      past: async (from, to) => (await thread.ask({ type: 'past', from, to })) as readonly PastChange[],
      compact: async (before) => void (await thread.ask({ type: 'compact', before })),
      async close() {
        await thread.ask({ type: 'close' })
        await thread.ended
      },
    }
    const current = opened.rows.map(([key, created, modified, value]) => ({ key, created, modified, value }))
    return new Engine(journal, { revision: opened.revision, compactedTo: opened.compactedTo, current }, memory)
  } catch (error) {
    await thread.terminate()
    throw error
  }
}

interface Thread {
  ask(question: Ask): Promise<Answer>
  readonly ended: Promise<void>
  terminate(): Promise<void>
}

function startThread(): Thread {
  const worker = new Worker(new URL('./thread.ts', import.meta.url))
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
  let next = 0
  let dead: Error | undefined
  worker.on('message', (reply: Reply) => {
    const asker = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('answer' in reply) asker?.resolve(reply.answer)
    else {
      const { message, open } = reply.failure
      asker?.reject(
        open === undefined
          ? new StoreUnavailableError(`the store refused: ${message}`)
          : new StoreOpenError(open, message),
      )
    }
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
        worker.postMessage({ id, ...question })
      }),
    terminate: async () => void (await worker.terminate()),
  }
}
