import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { acceptCommand, acceptPortForward, type CommandStreams, refuseUpgrade } from '../../wire/index.ts'
import type { Kubelet } from '../kubelet.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { containersOf, newestOf, podViewOf } from '../sync/containers.ts'

/** An upgrade request whose target is known. */
export interface StreamRequest {
  readonly message: IncomingMessage
  readonly socket: Duplex
  readonly head: Uint8Array
  readonly search: URLSearchParams
}
const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function findRunning(
  kubelet: Kubelet,
  namespace: string,
  podName: string,
  container: string,
): Promise<{ readonly instance: ObservedContainer; readonly tty: boolean } | string> {
  const pod = kubelet.pod(namespace, podName)
  if (pod === undefined) return 'pod does not exist'
  // The kubelet's own last look may be older than what the user has just seen start.
  const view = podViewOf(await kubelet.runtime.observe(pod.metadata.uid), pod.metadata.uid)
  const instance = newestOf(view, container)
  if (instance?.state !== 'running') return `container not found ("${container}")`
  const spec = containersOf(pod).find((one) => one.container.name === container)?.container
  return { instance, tty: spec?.tty === true }
}

/** /exec: a command in a container, with the streams the client asked for. */
export async function serveExec(
  kubelet: Kubelet,
  [namespace = '', pod = '', container = '']: readonly string[],
  request: StreamRequest,
): Promise<void> {
  const { message, socket, head, search } = request
  const found = await findRunning(kubelet, namespace, pod, container)
  if (typeof found === 'string') return refuseUpgrade(socket, 404, found)
  const wants = wantsOf(search)
  const command = search.getAll('command')
  if (!wants.stdin && !wants.stdout && !wants.stderr)
    return refuseUpgrade(socket, 400, 'you must specify at least 1 of stdin, stdout, stderr')
  const streams = await acceptCommand(message, socket, head, wants)
  if (streams === undefined) return
  await finishing(streams, async () => {
    const { exitCode } = await kubelet.runtime.exec(found.instance.id, command, wants.tty, streams, streams.signal)
    return exitCode
  })
}

/** /attach: the container's own streams. Kubernetes: whether there is a terminal is the container's to say. */
export async function serveAttach(
  kubelet: Kubelet,
  [namespace = '', pod = '', container = '']: readonly string[],
  request: StreamRequest,
): Promise<void> {
  const { message, socket, head, search } = request
  const found = await findRunning(kubelet, namespace, pod, container)
  if (typeof found === 'string') return refuseUpgrade(socket, 404, found)
  const streams = await acceptCommand(message, socket, head, { ...wantsOf(search), tty: found.tty })
  if (streams === undefined) return
  await finishing(streams, async () => {
    await kubelet.runtime.attach(found.instance.id, found.tty, streams, streams.signal)
    return 0
  })
}
function wantsOf(search: URLSearchParams) {
  const on = (name: string) => ['1', 'true'].includes(search.get(name) ?? '')
  return { stdin: on('input'), stdout: on('output'), stderr: on('error'), tty: on('tty') }
}

async function finishing(streams: CommandStreams, run: () => Promise<number>): Promise<void> {
  const meta = { kind: 'Status', apiVersion: 'v1', metadata: {} }
  try {
    const exitCode = await run()
    if (exitCode === 0) return await streams.finish({ status: { ...meta, status: 'Success' }, text: '' })
    const text = `command terminated with non-zero exit code: exit status ${exitCode}`
    const causes = [{ reason: 'ExitCode', message: String(exitCode) }]
    const status = { ...meta, status: 'Failure', message: text, reason: 'NonZeroExitCode', details: { causes } }
    await streams.finish({ status, text })
  } catch (error) {
    if (streams.signal.aborted) return
    const text = `Internal error occurred: ${textOf(error)}`
    const details = { causes: [{ message: textOf(error) }] }
    const status = { ...meta, status: 'Failure', message: text, reason: 'InternalError', details, code: 500 }
    await streams.finish({ status, text })
  }
}

/** /portForward: connections into the pod's network, as many as the client opens. */
export async function servePortForward(
  kubelet: Kubelet,
  [namespace = '', podName = '']: readonly string[],
  request: StreamRequest,
): Promise<void> {
  const { message, socket, head, search } = request
  const pod = kubelet.pod(namespace, podName)
  if (pod === undefined) return refuseUpgrade(socket, 404, 'pod does not exist')
  const view = podViewOf(await kubelet.runtime.observe(pod.metadata.uid), pod.metadata.uid)
  const sandbox = view.sandboxes.find(({ ready }) => ready)
  if (sandbox === undefined) return refuseUpgrade(socket, 404, `pod not found ("${podName}_${namespace}")`)
  const ended = new AbortController()
  socket.on('close', () => ended.abort())
  const ports = search
    .getAll('port')
    .flatMap((text) => text.split(','))
    .map(Number)
  await acceptPortForward(message, socket, head, ports, ({ port, incoming, outgoing }) =>
    kubelet.runtime.portForward(sandbox.id, port, incoming, outgoing, ended.signal),
  )
}
