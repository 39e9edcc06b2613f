import { parentPort, workerData } from 'node:worker_threads'
import { openPki, type PkiRequest } from './pki.ts'

/** The thread that makes a new cluster's certificates: it answers once, and ends. */
const { request, nowMs } = workerData as { readonly request: PkiRequest; readonly nowMs: number }
parentPort!.postMessage(await openPki(request, nowMs))
