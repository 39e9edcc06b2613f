/** What watches cost: memory of large objects and of many idle watches, how long an event takes to all, and a large list. */
import { fork } from 'node:child_process'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type Endpoint, PlainConnection } from './plain-http2.ts'
import { serverMs, startServer } from './server.ts'
import { endpointOf, openSession, type Session } from './session.ts'

type Note = (name: string, value: number, unit: string) => void
const namespace = '/api/v1/namespaces/default'
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

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
  await largeFanOut(note)
  await largeList(note)
  await bareNode(note)
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
  const idle = `${namespace}/configmaps?watch=true&fieldSelector=metadata.name%3Dnobody`
  for (const { http2 } of sessions)
    await Promise.all(Array.from({ length: 100 }, () => openWatch(http2, idle, () => {})))
  const { rss: after } = await server.memory()
  note('watch_idle_mb', (after - before) / 2 ** 20, 'MB (10,000 idle watches, 100 connections)')
  server.stop()
  for (const { http2 } of sessions) http2.destroy()
}

/** How long an event takes until the last of 1,000 watchers on 100 connections has it. */
async function fanOut(
  endpoint: Endpoint,
  watched: string,
  write: (round: number) => Promise<number>,
  cpuMs: () => Promise<number>,
) {
  let arrived = 0
  let told = () => {}
  const onLines = (count: number) => {
    arrived += count
    if (arrived >= 1000) told()
  }
  const connections = Array.from({ length: 100 }, () => new PlainConnection(endpoint))
  await Promise.all(connections.flatMap((one) => Array.from({ length: 10 }, () => one.get(watched, onLines).answered)))
  const last: number[] = []
  const own: number[] = []
  const rounds = 60
  let before = 0
  for (let round = 0; round < rounds; round++) {
    // The first ones warm up.
    if (round === 20) before = await cpuMs()
    arrived = 0
    const all = new Promise<void>((resolve) => {
      told = resolve
    })
    const startedMs = performance.now()
    const answered = await write(round)
    await all
    if (round < 20) continue
    own.push(answered)
    last.push(performance.now() - startedMs)
  }
  const cpu = ((await cpuMs()) - before) / last.length
  for (const one of connections) one.destroy()
  return { last: median(last), own: median(own), cpu }
}

async function largeFanOut(note: Note): Promise<void> {
  const server = await startServer()
  const writer = openSession(server.kubeconfig)
  const data = { value: Buffer.alloc(1000).toString('base64') }
  const { last, own, cpu } = await fanOut(
    endpointOf(server.kubeconfig),
    `${namespace}/secrets?watch=true`,
    (round) => writer.call('POST', `${namespace}/secrets`, { metadata: { name: `n-${round}` }, data }),
    server.cpuMs,
  )
  note('watch_fan_out_1000_ms_p50', last, 'ms (from the write to the last of 1,000 watchers, 100 connections)')
  note('watch_fan_out_write_ms_p50', own, 'ms (of which until the write is answered)')
  note('watch_fan_out_server_cpu_ms', cpu, 'ms of processor time of the server, each')
  server.stop()
  writer.http2.destroy()
}

async function largeList(note: Note): Promise<void> {
  const server = await startServer()
  const session = openSession(server.kubeconfig)
  const { call } = session
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
  await call('GET', `${namespace}/pods?limit=1`)
  const first = await call('GET', `${namespace}/pods`)
  const times: number[] = []
  const list = async () => void times.push(await call('GET', `${namespace}/pods`))
  for (let round = 0; round < 4; round++) await list()
  times.length = 0
  const before = await server.cpuMs()
  const own = await serverMs(session, ['resource="pods"', 'verb="LIST"'], async () => {
    for (let round = 0; round < 20; round++) await list()
  })
  const cpu = ((await server.cpuMs()) - before) / times.length
  note('list_10000_pods_ms_p50', median(times), 'ms (JSON, over HTTPS, to the client’s last byte)')
  const plain = new PlainConnection(endpointOf(server.kubeconfig))
  const plainTimes: number[] = []
  for (let round = 0; round < 24; round++) {
    const startedMs = performance.now()
    await plain.get(`${namespace}/pods`).ended
    if (round >= 4) plainTimes.push(performance.now() - startedMs)
  }
  plain.destroy()
  note('list_10000_pods_plain_ms_p50', median(plainTimes), 'ms (the same, of a client that does no more than decrypt)')
  note('list_10000_pods_first_ms', first, 'ms (nothing of it rendered before)')
  note('list_10000_pods_server_cpu_ms', cpu, 'ms of processor time of the server, TLS and all')
  note('list_10000_pods_server_ms', own, 'ms (apiserver_request_duration_seconds, until the client takes the last)')
  server.stop()
  session.http2.destroy()
}

/** The same bytes sent by Node's own HTTP/2 server: what is left is what ours adds. */
async function bareNode(note: Note): Promise<void> {
  const child = fork(join(import.meta.dirname, 'bare-server.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const next = () => new Promise<any>((resolve) => child.once('message', resolve))
  const endpoint: Endpoint = await next()
  const cpuMs = async () => {
    const answer = next()
    child.send('cpu')
    return (await answer).cpuMs as number
  }
  const session: Session = openSession(endpoint)
  const { last, cpu } = await fanOut(endpoint, '/watch', (round) => session.call('POST', `/${round}`, {}), cpuMs)
  note('bare_node_fan_out_1000_ms_p50', last, 'ms (Node’s HTTP/2 server alone, the same bytes)')
  note('bare_node_fan_out_server_cpu_ms', cpu, 'ms of its processor time, each')
  const times: number[] = []
  for (let round = 0; round < 5; round++) await session.call('GET', '/list')
  const before = await cpuMs()
  for (let round = 0; round < 20; round++) times.push(await session.call('GET', '/list'))
  note('bare_node_20_mib_ms_p50', median(times), 'ms (20 MiB from one buffer)')
  note('bare_node_20_mib_server_cpu_ms', ((await cpuMs()) - before) / times.length, 'ms of its processor time')
  child.kill()
  session.http2.destroy()
}
