/**
 * `npm run fuzz [-- --inputs N --seed S --target NAME]`: a million inputs, spread over the targets and both cores. Each input has
 * a second of its thread's time; a crash, a late answer or a worker out of memory is told with the seed and path that bring it back.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import * as fc from 'fast-check'
import { isRefusal, targets } from './targets.ts'

interface Work {
  readonly target: string
  readonly seed: number
  readonly inputs: number
  /** Where the worker notes which input it is at, and how far the targets have come. */
  readonly progress: SharedArrayBuffer
}
interface Found {
  readonly target: string
  readonly what: string
}
const deadlineMs = 1000
/** A worker that is still at an input after so long is ended: it hangs. */
const patienceMs = 10_000
const heapMb = 1024
const chunk = 5000

async function work({ target: name, seed, inputs, progress }: Work): Promise<Found | undefined> {
  const target = targets.find((one) => one.name === name)!
  const at = new Int32Array(progress)
  const property = fc.asyncProperty(target.inputs, async (input) => {
    Atomics.add(at, 0, 1)
    // Of its own thread's time, so that a machine busy with other things is not taken for a slow answer.
    const begun = process.threadCpuUsage()
    try {
      await target.run(input)
    } catch (error) {
      if (!isRefusal(target, error)) throw error
    }
    const { user, system } = process.threadCpuUsage(begun)
    const tookMs = (user + system) / 1000
    if (tookMs > deadlineMs) throw new Error(`took ${Math.round(tookMs)} ms`)
  })
  const result = await fc.check(property, { seed, numRuns: inputs, endOnFailure: true })
  if (!result.failed) return undefined
  const cause =
    result.errorInstance instanceof Error ? (result.errorInstance.stack ?? '') : String(result.errorInstance)
  const given = JSON.stringify(result.counterexample)?.slice(0, 20000)
  return {
    target: name,
    what: `seed ${seed} path ${result.counterexamplePath}: ${cause.slice(0, 1500)}\n  input ${given}`,
  }
}

/** Runs one chunk in a worker of its own; resolves with what it found. */
function inWorker(
  given: Omit<Work, 'progress'>,
): Promise<{ readonly found: Found | undefined; readonly inputs: number }> {
  const progress = new SharedArrayBuffer(4)
  const at = new Int32Array(progress)
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { ...given, progress },
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  })
  return new Promise((resolve) => {
    let last = -1
    let since = performance.now()
    const done = (found: Found | undefined) => {
      clearInterval(watch)
      resolve({ found, inputs: Atomics.load(at, 0) })
      void worker.terminate()
    }
    const watch = setInterval(() => {
      const now = Atomics.load(at, 0)
      if (now !== last) [last, since] = [now, performance.now()]
      // Loading everything takes a while before the first.
      else if (performance.now() - since > (now === 0 ? 60_000 : patienceMs))
        done({ target: given.target, what: `seed ${given.seed}: hangs at input ${now}` })
    }, 250)
    worker.once('message', (found: Found | undefined) => done(found))
    worker.once('error', (error) => done({ target: given.target, what: `seed ${given.seed}: ${error.message}` }))
  })
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: { inputs: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string' } },
  })
  const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target)
  const each = Math.ceil(Number(values.inputs ?? 1_000_000) / chosen.length)
  const firstSeed = Number(values.seed ?? Date.now() & 0xffffff)
  const queue = chosen.flatMap(({ name }) =>
    Array.from({ length: Math.ceil(each / chunk) }, (_, index) => ({
      target: name,
      seed: firstSeed + index,
      inputs: Math.min(chunk, each - index * chunk),
    })),
  )
  const totals = new Map<string, { inputs: number; ms: number; found: number }>()
  const startedMs = performance.now()
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const begunMs = performance.now()
        const { found, inputs } = await inWorker(next)
        const total = totals.get(next.target) ?? { inputs: 0, ms: 0, found: 0 }
        const ms = total.ms + performance.now() - begunMs
        totals.set(next.target, {
          inputs: total.inputs + inputs,
          ms,
          found: total.found + (found === undefined ? 0 : 1),
        })
        if (found !== undefined) process.stdout.write(`FOUND in ${found.target}: ${found.what}\n`)
      }
    }),
  )
  let inputs = 0
  let found = 0
  for (const [name, total] of totals) {
    inputs += total.inputs
    found += total.found
    process.stdout.write(`${name}: ${total.inputs} inputs in ${(total.ms / 1000).toFixed(1)} s, ${total.found} found\n`)
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  process.stdout.write(`${inputs} inputs from seed ${firstSeed} in ${seconds} s, ${found} found\n`)
  return found === 0 ? 0 : 1
}

if (isMainThread) process.exitCode = await run()
else parentPort!.postMessage(await work(workerData as Work))
