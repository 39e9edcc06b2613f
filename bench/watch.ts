/** What watches cost: memory of large objects and of many idle watches, how long an event takes to all, and a large list. */
import { type ChildProcess, fork } from 'node:child_process'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openSession } from './session.ts'

type Note = (name: string, value: number, unit: string) => void
const namespace = '/api/v1/namespaces/default'
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

interface Server {
  readonly kubeconfig: string
  memory(reset?: boolean): Promise<{ readonly rss: number; readonly peak: number }>
  stop(): void
}

async function startServer(): Promise<Server> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'watch-server.ts'), {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    // The client's certificate would otherwise be asked of the parent's environment.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const next = () => new Promise<any>((resolve) => child.once('message', resolve))
  const { kubeconfig } = await next()
  return {
    kubeconfig,
    memory(reset = false) {
      const answer = next()
      child.send(reset ? 'reset' : 'memory')
      return answer
    },
    stop: () => void child.send('stop'),
  }
}

/** Opens a watch; resolves once it stands. */
function openWatch(http2: ClientHttp2Session, path: string, take: (bytes: Buffer) => void): Promise<ClientHttp2Stream> {
  const stream = http2.request({ ':path': path, 'user-agent': 'bench' })
  stream.on('data', take)
  stream.on('error', () => {})
  return new Promise((resolve, reject) => {
    stream.once('response', ({ ':status': code }) => {
      if (code === 200) resolve(stream)
      else reject(new Error(`a watch was answered ${code}`))
    })
    stream.once('error', reject)
  })
}

export async function benchWatch(note: Note): Promise<void> {
  await largeSecrets(note)
  await manyWatches(note)
  await largeList(note)
}

async function largeSecrets(note: Note): Promise<void> {
  const server = await startServer()
  const count = 400
  const clients = Array.from({ length: 16 }, () => openSession(server.kubeconfig))
  let events = 0
  let told = () => {}
  const take = (bytes: Buffer) => {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) events += 1
    if (events >= count * clients.length) told()
  }
  await Promise.all(
    clients.map(({ http2 }) => openWatch(http2, `${namespace}/secrets?watch=true&resourceVersion=0`, take)),
  )
  const all = new Promise<void>((resolve) => {
    told = resolve
  })
  await server.memory(true)
  const data = { value: Buffer.alloc(3 << 18, 'secret').toString('base64') }
  const writer = openSession(server.kubeconfig)
  const startedMs = performance.now()
  for (let at = 0; at < count; at++)
    await writer.call('POST', `${namespace}/secrets`, { metadata: { name: `s-${at}` }, data })
  await all
  note('watch_secrets_s', (performance.now() - startedMs) / 1000, 's (400 of 1 MiB made, seen by 16 watchers)')
  const { rss, peak } = await server.memory()
  note('watch_secrets_rss_mb', rss / 2 ** 20, 'MB (the server, then)')
  note('watch_secrets_peak_rss_mb', peak / 2 ** 20, 'MB (at most meanwhile)')
  server.stop()
  for (const { http2 } of [...clients, writer]) http2.destroy()
}

async function manyWatches(note: Note): Promise<void> {
  const server = await startServer()
  const sessions = Array.from({ length: 100 }, () => openSession(server.kubeconfig))
  const [first] = sessions
  await first!.call('POST', `${namespace}/configmaps`, { metadata: { name: 'told' } })
  const { rss: before } = await server.memory(true)
  let arrived = 0
  let told = () => {}
  const take = (bytes: Buffer) => {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) arrived += 1
    if (arrived >= 1000) told()
  }
  const idle = `${namespace}/configmaps?watch=true&fieldSelector=metadata.name%3Dnobody`
  for (const { http2 } of sessions)
    await Promise.all(Array.from({ length: 100 }, () => openWatch(http2, idle, () => {})))
  const { rss: after } = await server.memory(true)
  note('watch_idle_mb', (after - before) / 2 ** 20, 'MB (10,000 idle watches, 100 connections)')
  for (const { http2 } of sessions)
    await Promise.all(Array.from({ length: 10 }, () => openWatch(http2, `${namespace}/secrets?watch=true`, take)))
  const writer = openSession(server.kubeconfig)
  const last: number[] = []
  const own: number[] = []
  for (let round = 0; round < 30; round++) {
    arrived = 0
    const all = new Promise<void>((resolve) => {
      told = resolve
    })
    const startedMs = performance.now()
    const body = { metadata: { name: `n-${round}` }, data: { value: Buffer.alloc(1000).toString('base64') } }
    own.push(await writer.call('POST', `${namespace}/secrets`, body))
    await all
    last.push(performance.now() - startedMs)
  }
  note('watch_fan_out_1000_ms_p50', median(last), 'ms (from the write to the last of 1,000 watchers, 100 connections)')
  note('watch_fan_out_write_ms_p50', median(own), 'ms (of which until the write is answered)')
  server.stop()
  for (const { http2 } of [...sessions, writer]) http2.destroy()
}

async function largeList(note: Note): Promise<void> {
  const server = await startServer()
  const { http2, call } = openSession(server.kubeconfig)
  const spec = {
    containers: [
      { name: 'c', image: 'registry.example/app:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } },
    ],
  }
  let made = 0
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (made < 10_000)
        await call('POST', `${namespace}/pods`, { metadata: { name: `p-${made++}`, labels: { app: 'bench' } }, spec })
    }),
  )
  const times: number[] = []
  for (let round = 0; round < 11; round++) times.push(await call('GET', `${namespace}/pods`))
  note('list_10000_pods_ms_p50', median(times), 'ms (JSON, over HTTPS)')
  note('list_10000_pods_first_ms', times[0]!, 'ms')
  server.stop()
  http2.destroy()
}
