/** One round: a cluster over SQLite in processes of its own, load on it, and kills; then the judgement of what was seen. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseYaml, seededRandom } from '../../src/machinery/index.ts'
import type { Access } from './caller.ts'
import { type Observation, problemsOf, watchProblems } from './history.ts'
import { watch, withDeletions, write } from './load.ts'

export interface Round {
  readonly seconds: number
  readonly kills: number
  readonly writers: number
  readonly watchers: number
  readonly seed: number
}
export interface Judgement {
  readonly problems: readonly string[]
  readonly operations: number
  readonly unknown: number
  readonly states: number
  readonly events: number
  readonly relists: number
}
const root = join(import.meta.dirname, '../..')
const name = `history-${process.pid}`
/** A part of a round lasts until so much was answered in it, too, but no longer than this. */
const answersMin = 40
const partMsMax = 60_000
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export async function judge(round: Round): Promise<Judgement> {
  const home = mkdtempSync(join(tmpdir(), 'cox-history-'))
  const env = { ...process.env, COXSWAIN_HOME: home, KUBECONFIG: join(home, 'kubeconfig') }
  const cox = (...words: string[]) =>
    new Promise<string>((resolve, reject) =>
      execFile(join(root, 'cox'), [...words, '--name', name], { env, timeout: 120_000 }, (error, out, err) =>
        error === null ? resolve(out) : reject(new Error(`cox ${words.join(' ')}: ${err}`)),
      ),
    )
  try {
    await cox('up', '--runtime', 'simulated', '--nodes', '1', '--no-switch')
    const kill = () => {
      const state = JSON.parse(readFileSync(join(home, name, 'run/state.json'), 'utf8'))
      process.kill(state.cluster.pid, 'SIGKILL')
    }
    return await underLoad(accessOf(await cox('kubeconfig')), kill, round)
  } finally {
    await cox('down', '--purge')
    rmSync(home, { recursive: true, force: true })
  }
}

function accessOf(kubeconfig: string): Access {
  const { clusters, users } = parseYaml(kubeconfig).value as any
  const decode = (text: string) => Buffer.from(text, 'base64').toString()
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster
  const { 'client-certificate-data': cert, 'client-key-data': key } = users[0].user
  return { server, ca: decode(ca), cert: decode(cert), key: decode(key) }
}

async function underLoad(access: Access, kill: () => void, round: Round): Promise<Judgement> {
  const stopWriting = new AbortController()
  const stopWatching = new AbortController()
  const objects = ['a', 'b', 'c', 'd', 'e']
  let answers = 0
  const watching = Array.from({ length: round.watchers }, () => watch(access, stopWatching.signal))
  const writing = Array.from({ length: round.writers }, (_, index) => {
    const random = seededRandom(round.seed + index)
    return write(
      access,
      `w${index}`,
      objects,
      () => random.next(),
      stopWriting.signal,
      () => void answers++,
    )
  })
  const part = async () => {
    const untilMs = performance.now() + partMsMax
    const wanted = answers + answersMin
    await pause((round.seconds * 1000) / (round.kills + 1))
    while (answers < wanted && performance.now() < untilMs) await pause(50)
  }
  for (let at = 0; at < round.kills; at++) {
    await part()
    kill()
  }
  await part()
  stopWriting.abort()
  const operations = (await Promise.all(writing)).flat()
  await pause(1000)
  stopWatching.abort()
  const runs = await Promise.all(watching)
  const seen = new Map<string, Observation>()
  for (const { listed, events } of runs.flat())
    for (const one of [...listed, ...events]) seen.set(`${one.object} ${one.revision} ${one.value}`, one)
  const observations = [...seen.values()]
  const known = withDeletions(operations, observations)
  for (const { object, kind, result } of known)
    if (result?.ok === true && kind !== 'delete' && !seen.has(`${object} ${result.revision} ${result.value}`))
      observations.push({ object, revision: result.revision, value: result.value })
  const problems = [
    ...problemsOf(known, observations),
    ...runs.flatMap((some, index) => some.flatMap((run) => watchProblems(run, observations, `watcher ${index}`))),
  ]
  return {
    problems: [...new Set(problems)],
    operations: operations.length,
    unknown: known.filter(({ result }) => result === undefined).length,
    states: observations.length,
    events: runs.flat().reduce((sum, { events }) => sum + events.length, 0),
    relists: runs.flat().length - runs.length,
  }
}
