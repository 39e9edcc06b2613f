import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { startCluster } from '../../../src/index.ts'
import { programs } from '../programs.ts'
import { type Server, send } from './send.ts'

/** Both servers, as an administrator sees them. */
export interface BothServers extends AsyncDisposable {
  readonly ours: Server
  readonly theirs: Server
}

/** Starts both servers, each over a store of its own, on loopback alone, with controllers and scheduler where asked for; what they say goes to files. */
export async function startBoth({ controllers = false } = {}): Promise<BothServers> {
  const directory = mkdtempSync(join(tmpdir(), 'beside-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(directory, { recursive: true, force: true }))
  const run = (name: string, ...words: readonly string[]) => {
    const child = spawn(join(programs, name), words, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
    const log = createWriteStream(join(directory, `${name}.log`))
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    stack.defer(() => ended(child))
  }
  const [clients, peers, secure] = [await freePort(), await freePort(), await freePort()]
  const urlOf = (port: number) => `http://127.0.0.1:${port}`
  run(
    'etcd',
    ...['--data-dir', 'etcd', '--listen-client-urls', urlOf(clients), '--advertise-client-urls', urlOf(clients)],
    ...['--listen-peer-urls', urlOf(peers), '--unsafe-no-fsync', '--log-level', 'error'],
  )
  writeKeys(directory)
  run('kube-apiserver', ...flagsOf(urlOf(clients), secure))
  const cluster = await startCluster({ nodes: 0, ...(controllers ? {} : { without: ['controllers', 'scheduler'] }) })
  stack.use(cluster)
  const theirs = { host: '127.0.0.1', port: secure, rejectUnauthorized: false, token }
  await ready(theirs)
  if (controllers) {
    writeAccess(directory, secure)
    run('kube-controller-manager', ...controllerFlags(await freePort()))
    run('kube-scheduler', ...schedulerFlags(await freePort()))
  }
  const both = stack.move()
  return {
    ours: serverOf(await cluster.kubeconfig()),
    theirs,
    [Symbol.asyncDispose]: () => both.disposeAsync(),
  }
}

const token = 'token-of-the-administrator'

/** The keys that kube-apiserver signs tokens with, and the one token it knows. */
function writeKeys(directory: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text, { mode: 0o600 })
  write('sa.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString())
  write('sa.key', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())
  write('tokens.csv', `${token},kubernetes-admin,kubernetes-admin,"system:masters"\n`)
}

const flagsOf = (store: string, port: number): readonly string[] => [
  `--etcd-servers=${store}`,
  '--cert-dir=certificates',
  `--secure-port=${port}`,
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  '--service-account-key-file=sa.pub',
  '--service-account-signing-key-file=sa.key',
  '--token-auth-file=tokens.csv',
  '--authorization-mode=Node,RBAC',
  '--service-cluster-ip-range=10.96.0.0/12',
  '--enable-admission-plugins=NodeRestriction',
  '--enable-aggregator-routing=true',
  '--enable-bootstrap-token-auth=true',
  '--allow-privileged=true',
]

/** How kube-controller-manager and kube-scheduler reach their server: as often as they like. */
function writeAccess(directory: string, port: number): void {
  const clusters = [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }]
  const users = [{ name: 'u', user: { token } }]
  const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }]
  const config = { apiVersion: 'v1', kind: 'Config', clusters, users, contexts, 'current-context': 'x' }
  writeFileSync(join(directory, 'kubeconfig'), JSON.stringify(config), { mode: 0o600 })
  const scheduler = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig: 'kubeconfig', qps: 1000, burst: 2000 },
    leaderElection: { leaderElect: false },
  }
  writeFileSync(join(directory, 'scheduler.json'), JSON.stringify(scheduler))
}

const ownPages = (port: number): readonly string[] => [
  '--authentication-kubeconfig=kubeconfig',
  '--authorization-kubeconfig=kubeconfig',
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
]
const controllerFlags = (port: number): readonly string[] => [
  '--kubeconfig=kubeconfig',
  ...ownPages(port),
  '--cert-dir=certificates-of-controllers',
  '--use-service-account-credentials',
  '--service-account-private-key-file=sa.key',
  '--service-cluster-ip-range=10.96.0.0/12',
  '--leader-elect=false',
  '--kube-api-qps=1000',
  '--kube-api-burst=2000',
]
const schedulerFlags = (port: number): readonly string[] => [
  '--config=scheduler.json',
  ...ownPages(port),
  '--cert-dir=certificates-of-scheduler',
]

/** Ours as its kubeconfig describes it. */
function serverOf(kubeconfig: string): Server {
  const { clusters, users } = load(kubeconfig) as {
    clusters: readonly [{ cluster: Readonly<Record<string, string>> }]
    users: readonly [{ user: Readonly<Record<string, string>> }]
  }
  const { hostname: host, port } = new URL(clusters[0].cluster['server'] ?? '')
  const bytes = (text = '') => Buffer.from(text, 'base64')
  const { 'client-certificate-data': cert, 'client-key-data': key } = users[0].user
  const ca = bytes(clusters[0].cluster['certificate-authority-data'])
  return { host, port: Number(port), ca, cert: bytes(cert), key: bytes(key) }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function ready(server: Server): Promise<void> {
  const deadline = Date.now() + 120_000
  while (Date.now() < deadline) {
    if ((await send(server, { ask: 'GET /readyz' })).text === 'ok') return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error('kube-apiserver does not get ready')
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exit
}
