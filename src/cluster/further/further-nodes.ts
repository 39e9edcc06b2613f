import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, isNotFound, type Log, untilAborted, yamlText } from '../../machinery/index.ts'
import { nodes } from '../../resources/index.ts'
import { openNodePki, type Pki } from '../certificates/pki.ts'
import { kubeconfigOf } from '../config/kubeconfig.ts'
import type { ClusterSettings } from '../config/settings.ts'
import type { Access } from '../control-plane.ts'
import { keepRunning } from '../keep-running.ts'
import { endNodeProcess, sweepFurtherNode } from '../node/sweep.ts'
import { layoutOf } from '../process/directory.ts'
import { identityOf } from '../process/identity.ts'
import type { Command } from '../process/programs.ts'
import { writeAtomically } from '../write-atomically.ts'
import { forgetPods, hideNodes, prepareNamespace, routePods } from './namespace.ts'
import { type FurtherNode, furtherNodesLeft, furtherNodesOf } from './places.ts'

export interface FurtherNodesParts {
  readonly settings: ClusterSettings
  /** How a node's process is started. */
  readonly command: Command
  /** As the administrator. */
  readonly access: Access
  /** Where the nodes reach the API server. */
  readonly address: string
  readonly pki: () => Pki
  readonly clock: Clock
  readonly log: Log
}
/** A node has little to do at once: a smaller process is worth more than a faster one. */
const thrift = ['--optimize-for-size', '--max-semi-space-size=2']
const certificatesCheckMs = 12 * 60 * 60_000
const stopMsMax = 15_000

/** Keeps the nodes after the first running, a process each, until the signal aborts. Their containers go on. */
export async function runFurtherNodes(parts: FurtherNodesParts, signal: AbortSignal): Promise<void> {
  const { settings, access, clock, log } = parts
  const wanted = furtherNodesOf(settings)
  for (const node of await furtherNodesLeft(settings))
    if (!wanted.some(({ name }) => name === node.name)) await forget(node, access)
  if (wanted.length === 0) return untilAborted(signal)
  await hideNodes(settings)
  await untilFirstHasPods(parts, signal)
  await Promise.all(
    wanted.map((node) =>
      keepRunning(`node ${node.name}`, (life) => runNode(node, parts, life), { clock, log }, signal),
    ),
  )
}

/** A node that is not asked for any more. */
async function forget(node: FurtherNode, { client }: Access): Promise<void> {
  await sweepFurtherNode(node)
  await client.delete(nodes, { name: node.name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
  await rm(node.directory, { recursive: true, force: true })
}

/** The first node's share of the pods' range is the first: it must have been given before another node asks. */
async function untilFirstHasPods({ access, settings }: FurtherNodesParts, signal: AbortSignal): Promise<void> {
  const cache = access.informers.of(nodes)
  await cache.synced(signal)
  const given = Promise.withResolvers<void>()
  const look = () => {
    if ((cache.get({ name: settings.nodeName })?.spec?.podCIDR ?? '') !== '' || signal.aborted) given.resolve()
  }
  using _ = cache.subscribe(look)
  signal.addEventListener('abort', look, { once: true })
  look()
  await given.promise
}

/** One life of a node's process; rejects when it ends by itself. */
async function runNode(node: FurtherNode, parts: FurtherNodesParts, life: AbortSignal): Promise<void> {
  const { clock, settings } = parts
  await endNodeProcess(node, clock)
  await prepareNamespace(node)
  const before = await writeCredentials(node, parts)
  using _routes = keepRoute(node, parts)
  mkdirSync(node.logs, { recursive: true })
  const output = openSync(join(node.logs, 'process.log'), 'a', 0o644)
  // Its standard input ends with this process, and then it ends too, however this process was ended.
  const child = spawn('nsenter', enter(node, settings.name, parts.command), { stdio: ['pipe', output, output] })
  const exited = once(child, 'exit')
  exited.catch(() => {})
  child.stdin?.on('error', () => {})
  if (child.pid !== undefined) await writeAtomically(node.identity, JSON.stringify(identityOf(child.pid)), 0o644)
  const stop = () => {
    child.kill('SIGTERM')
    const timer = clock.after(stopMsMax, () => child.kill('SIGKILL'))
    child.once('exit', () => timer[Symbol.dispose]())
  }
  if (life.aborted) stop()
  else life.addEventListener('abort', stop, { once: true })
  const watching = new AbortController()
  void renew(node, parts, before, stop, watching.signal)
  const [code, killedBy] = await exited
  watching.abort()
  life.removeEventListener('abort', stop)
  if (!life.aborted) throw new Error(`the process ended with ${code ?? killedBy}; see ${node.logs}`)
}

/** The words that run a process inside the node's network namespace, and under the node's name. */
function enter({ namespace, name }: FurtherNode, cluster: string, [program, entry]: Command): readonly string[] {
  const inside = 'echo "$1" > /proc/sys/kernel/hostname; shift; exec "$@"'
  return [
    ...[`--net=/run/netns/${namespace}`, 'unshare', '--uts', 'sh', '-c', inside, 'sh', name],
    ...[program, ...process.execArgv, ...thrift, entry, 'run-node', name, '--name', cluster],
  ]
}

/** Writes how the node reaches the API and what it shows; resolves with what would change when they are renewed. */
async function writeCredentials(node: FurtherNode, { pki, address, settings, clock }: FurtherNodesParts) {
  const { authority } = pki()
  const directory = layoutOf(node.directory).pki
  const request = { directory, nodeName: node.name, kubeletNames: [node.name, node.address, '127.0.0.1'] }
  const { kubelet, kubeletServer } = await openNodePki(request, authority, clock.now())
  await writeAtomically(join(directory, 'ca.crt'), authority.cert, 0o644)
  const server = `https://${address}:${settings.port}`
  const text = yamlText(kubeconfigOf(settings.name, server, authority.cert, kubelet))
  await writeAtomically(node.kubeconfig, text, 0o600)
  return kubelet.cert + kubeletServer.cert
}

/** Certificates are good for a year; a process that sees it come to its end is started again with new ones. */
async function renew(
  node: FurtherNode,
  parts: FurtherNodesParts,
  before: string,
  stop: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await parts.clock.sleep(certificatesCheckMs, signal).catch(() => {})
    if (signal.aborted) return
    const now = await writeCredentials(node, parts).catch((error: unknown) => {
      parts.log.error('certificates of a node could not be renewed', error, { node: node.name })
      return before
    })
    if (now !== before) return stop()
  }
}

/** Routes to the node's pods whatever range its Node names, until disposed. */
function keepRoute(node: FurtherNode, { access, log }: FurtherNodesParts): Disposable {
  const cache = access.informers.of(nodes)
  let routed = ''
  const route = () => {
    const podCidr = cache.get({ name: node.name })?.spec?.podCIDR ?? ''
    if (podCidr === routed || podCidr === '') return
    const old = routed
    routed = podCidr
    const change = async () => {
      if (old !== '') await forgetPods(node, old)
      await routePods(node, podCidr)
    }
    change().catch((error) => {
      routed = ''
      log.error('the pods of a node cannot be routed to', error, { node: node.name, podCidr })
    })
  }
  const subscription = cache.subscribe(route)
  route()
  return subscription
}
