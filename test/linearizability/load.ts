/** Writers and watchers of a few objects, who note all they do and see, whatever becomes of the server meanwhile. */
import { type Access, Caller } from './caller.ts'
import type { Observation, Operation, WatchRun } from './history.ts'

const path = '/api/v1/namespaces/default/configmaps'
const selector = 'labelSelector=written%3Dyes'
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const observed = (object: any, gone: boolean): Observation => ({
  object: object.metadata.name,
  revision: Number(object.metadata.resourceVersion),
  value: gone ? undefined : object.data.value,
})

/**
 * Writes and reads until the signal aborts: mostly updates bound to a revision, now and then an end and a new beginning. Tells
 * of each that was answered with what came of it.
 */
export async function write(
  access: Access,
  who: string,
  objects: readonly string[],
  random: () => number,
  signal: AbortSignal,
  onAnswer: () => void,
): Promise<readonly Operation[]> {
  using caller = new Caller(access)
  const operations: Operation[] = []
  const known = new Map<string, { readonly revision: number; readonly value: string }>()
  let count = 0
  while (!signal.aborted) {
    const object = objects[Math.floor(random() * objects.length)]!
    const here = known.get(object)
    const dice = random()
    const kind =
      here === undefined ? (dice < 0.5 ? 'create' : 'read') : dice < 0.25 ? 'read' : dice < 0.3 ? 'delete' : 'update'
    const value = kind === 'create' || kind === 'update' ? `${who}-${++count}` : undefined
    const bound = kind === 'delete' || (kind === 'update' && random() < 0.8)
    const expected = bound && here !== undefined ? here.revision : undefined
    const startMs = performance.now()
    const operation = {
      object,
      kind,
      startMs,
      ...(value === undefined ? {} : { value }),
      ...(expected === undefined ? {} : { expected }),
    } as const
    try {
      const { code, body } = await request(caller, operation)
      const result = resultOf(operation, code, body)
      operations.push({ ...operation, endMs: performance.now(), ...(result === undefined ? {} : { result }) })
      if (result !== undefined) onAnswer()
      if (result?.ok === true && kind !== 'delete') known.set(object, result)
      else known.delete(object)
    } catch {
      operations.push(operation)
      known.delete(object)
      await pause(20)
    }
  }
  return operations
}

function request(caller: Caller, { kind, object, value, expected }: Operation) {
  const resourceVersion = expected === undefined ? {} : { resourceVersion: String(expected) }
  const body = { metadata: { name: object, labels: { written: 'yes' }, ...resourceVersion }, data: { value } }
  if (kind === 'create') return caller.call('POST', path, body)
  if (kind === 'update') return caller.call('PUT', `${path}/${object}`, body)
  if (kind === 'delete') return caller.call('DELETE', `${path}/${object}`, { preconditions: resourceVersion })
  return caller.call('GET', `${path}/${object}`)
}

function resultOf({ kind, value }: Operation, code: number, body: any): Operation['result'] {
  if (code === 404) return { ok: false, why: 'absent' }
  if (code === 409) return { ok: false, why: kind === 'create' ? 'exists' : 'conflict' }
  // A server that starts or stops says so, and what it did nobody knows.
  if (code >= 500 || code === 429 || code === 401 || code === 403) return undefined
  if (code >= 300) throw new Error(`${kind} was answered ${code}: ${body.message}`)
  // The answer to a delete names no revision: the watches tell it.
  if (kind === 'delete') return undefined
  return {
    ok: true,
    revision: Number(body.metadata.resourceVersion),
    value: kind === 'read' ? body.data.value : value!,
  }
}

/** Lists and watches until the signal aborts, going on where it was after every break, with a new list when told to. */
export async function watch(access: Access, signal: AbortSignal): Promise<readonly WatchRun[]> {
  using caller = new Caller(access)
  const runs: WatchRun[] = []
  while (!signal.aborted) {
    const list = await caller.call('GET', `${path}?${selector}`).catch(() => undefined)
    if (list?.code !== 200) {
      await pause(20)
      continue
    }
    const from = Number(list.body.metadata.resourceVersion)
    const events: Observation[] = []
    const run = { from, listed: list.body.items.map((one: any) => observed(one, false)), events, until: from }
    runs.push(run)
    let expired = false
    while (!signal.aborted && !expired) {
      const take = ({ type, object }: any) => {
        if (type === 'ERROR') {
          expired = object.code === 410
          return
        }
        if (type !== 'BOOKMARK') events.push(observed(object, type === 'DELETED'))
        run.until = Number(object.metadata.resourceVersion)
      }
      const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${run.until}`
      const code = await caller.watch(`${path}?${selector}&${query}`, take, signal)
      if (code === 410) expired = true
      else if (code !== 200) await pause(20)
    }
  }
  return runs
}

/** The deletes that took effect, told by what was seen, with their revisions. */
export function withDeletions(operations: readonly Operation[], all: readonly Observation[]): readonly Operation[] {
  const sorted = [...all].sort((a, b) => a.revision - b.revision)
  const endOf = new Map<string, number>()
  const last = new Map<string, Observation>()
  for (const one of sorted) {
    const before = last.get(one.object)
    if (one.value === undefined && before !== undefined) endOf.set(`${one.object} ${before.revision}`, one.revision)
    last.set(one.object, one)
  }
  return operations.map((operation) => {
    const { kind, object, expected, result, endMs } = operation
    const revision = endOf.get(`${object} ${expected}`)
    if (kind !== 'delete' || result !== undefined || endMs === undefined || revision === undefined) return operation
    return { ...operation, result: { ok: true, revision, value: '' } }
  })
}
