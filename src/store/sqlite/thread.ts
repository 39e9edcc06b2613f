import { randomFillSync } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { StoreOpenError } from '../store.ts'
import { Database } from './database.ts'
import type { Answer, Ask, Question, Reply } from './messages.ts'
import { Seal, SealedError } from './seal.ts'

/** The thread that owns the database: it answers in the order it is asked, and a sync never stalls the API's own loop. */
const port = parentPort!
let database: Database | undefined

function answer(ask: Ask): Answer {
  if (ask.type === 'open') {
    database = new Database(ask.file, new Seal(ask.encryption, (size) => randomFillSync(new Uint8Array(size))))
    try {
      return database.load()
    } catch (error) {
      throw error instanceof SealedError ? new StoreOpenError('encrypted', error.message, error) : error
    }
  }
  if (database === undefined) throw new Error('the store is not open')
  switch (ask.type) {
    case 'append':
      return database.append(ask.batch) as undefined
    case 'past':
      return database.past(ask.from, ask.to)
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
      failure: { message, ...(error instanceof StoreOpenError ? { open: error.reason } : {}) },
    }
  }
  port.postMessage(reply)
  if (question.type === 'close') port.close()
})
