import { randomFillSync } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { systemClock } from '../../machinery/index.ts'
import { StoreOpenError } from '../store.ts'
import { Database } from './database.ts'
import { NoWriteSeed, SeedBook, UnknownSeed } from './kms/envelope.ts'
import type { Answer, Ask, Question, Reply } from './messages.ts'
import { unpacked } from './packing.ts'
import { type EncryptionRule, Seal, SealedError } from './seal.ts'
import { SealTally } from './tally.ts'

/** The thread that owns the database: it answers in the order it is asked, and a sync never stalls the API's own loop. */
const port = parentPort!
let database: Database | undefined
const seeds = new SeedBook()
let tally: SealTally | undefined
const sealOf = (rules: readonly EncryptionRule[]) =>
  new Seal(rules, (size) => randomFillSync(new Uint8Array(size)), seeds, tally)

function answer(ask: Ask): Answer {
  if (ask.type === 'open') {
    if (ask.counted) tally ??= new SealTally(systemClock())
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
  const sealed = tally?.take()
  // What has to be asked again is counted then.
  const isAskedAgain = 'failure' in reply && reply.failure.wanted !== undefined
  port.postMessage(isAskedAgain || sealed === undefined ? reply : { ...reply, sealed })
  if (question.type === 'close') port.close()
})
