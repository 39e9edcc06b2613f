import { randomFillSync } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { StoreOpenError } from '../store.ts'
import { Database } from './database.ts'
import { NoWriteSeed, SeedBook, UnknownSeed } from './kms/envelope.ts'
import type { Answer, Ask, Question, Reply } from './messages.ts'
import { unpacked } from './packing.ts'
import { type EncryptionRule, Seal, SealedError } from './seal.ts'

/** The thread that owns the database: it answers in the order it is asked, and a sync never stalls the API's own loop. */
const port = parentPort!
let database: Database | undefined
const seeds = new SeedBook()
const sealOf = (rules: readonly EncryptionRule[]) =>
  new Seal(rules, (size) => randomFillSync(new Uint8Array(size)), seeds)

function answer(ask: Ask): Answer {
  if (ask.type === 'open') {
    const opened = database ?? new Database(ask.file, sealOf(ask.encryption))
    database = opened
    try {
      return opened.load()
    } catch (error) {
      if (error instanceof NoWriteSeed) throw new StoreOpenError('unavailable', error.message, error)
      throw error instanceof SealedError ? new StoreOpenError('encrypted', error.message, error) : error
    }
  }
  if (ask.type === 'write-seed') return seeds.setWrite(ask.provider, ask.seed) as undefined
  if (ask.type === 'seed') return seeds.learn(ask.sealed, ask.seed) as undefined
  if (database === undefined) throw new Error('the store is not open')
  switch (ask.type) {
    case 'append':
      return database.append(unpacked(ask.batch)) as undefined
    case 'past':
      return database.past(ask.from, ask.to)
    case 'reseal':
      return database.reseal(sealOf(ask.encryption)) as undefined
    case 'compact':
      return database.compact(ask.before) as undefined
    case 'close':
      database.close()
      database = undefined
      return undefined
  }
}

port.on('message', (question: Question) => {
  let reply: Reply
  try {
    reply = { id: question.id, answer: answer(question) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    reply = {
      id: question.id,
      failure: {
        message,
        ...(error instanceof StoreOpenError ? { open: error.reason } : {}),
        ...(error instanceof UnknownSeed ? { wanted: error.wanted } : {}),
      },
    }
  }
  port.postMessage(reply)
  if (question.type === 'close') port.close()
})
