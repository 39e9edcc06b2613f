import type { Clock } from '../../machinery/index.ts'
import type { Probe } from '../../resources/index.ts'
import { type Runtime, RuntimeError } from '../runtime/runtime.ts'
import type { AnyContainer } from '../sync/containers.ts'
import { grpcHealth } from './grpc-health.ts'
import { headersOf, httpGet, portOf, tcpOpen, urlOf } from './http-get.ts'

/** What one try of a probe found; a probe that could not be run at all rejects instead. */
export interface ProbeOutcome {
  readonly result: 'success' | 'warning' | 'failure'
  readonly output: string
}
export interface ProbeTarget {
  readonly container: AnyContainer
  readonly containerId: string
  readonly podIp: string
}
export interface ProbeParts {
  readonly runtime: Pick<Runtime, 'execSync'>
  readonly clock: Clock
  /** `kube-probe/1.36` */
  readonly userAgent: string
}

/** Tries a probe once, within its timeout. */
export async function tryProbe(parts: ProbeParts, probe: Probe, target: ProbeTarget): Promise<ProbeOutcome> {
  const { clock } = parts
  const timeoutSeconds = probe.timeoutSeconds ?? 1
  const timeoutMs = timeoutSeconds * 1000
  const { exec, httpGet: http, tcpSocket, grpc } = probe
  if (exec !== undefined) return tryExec(parts, exec.command ?? [], target, timeoutSeconds)
  if (http !== undefined) {
    const url = urlOf(http, target.container, target.podIp)
    return httpOutcome(url, () => httpGet(clock, url, headersOf(http, parts.userAgent), timeoutMs))
  }
  if (tcpSocket !== undefined) {
    const host = tcpSocket.host === undefined || tcpSocket.host === '' ? target.podIp : tcpSocket.host
    const port = portOf(tcpSocket.port, target.container)
    return tcpOpen(clock, host, port, timeoutMs).then(success, failure)
  }
  if (grpc !== undefined) {
    const complaint = await grpcHealth(clock, `${target.podIp}:${grpc.port}`, grpc.service ?? '', timeoutMs)
    return complaint === undefined ? success() : { result: 'failure', output: complaint }
  }
  throw new Error('missing probe handler')
}
const success = (): ProbeOutcome => ({ result: 'success', output: '' })
const failure = (error: unknown): ProbeOutcome => ({
  result: 'failure',
  output: error instanceof Error ? error.message : String(error),
})

async function tryExec(
  { runtime }: ProbeParts,
  command: readonly string[],
  { containerId }: ProbeTarget,
  timeoutSeconds: number,
): Promise<ProbeOutcome> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutSeconds)
    const output = Buffer.concat([stdout, stderr]).toString('utf8')
    return { result: exitCode === 0 ? 'success' : 'failure', output }
  } catch (error) {
    if (error instanceof RuntimeError && error.reason === 'timeout') {
      const quoted = JSON.stringify(command.join(' '))
      return { result: 'failure', output: `command timed out: ${quoted} timed out after ${timeoutSeconds}s` }
    }
    throw error
  }
}

async function httpOutcome(
  url: URL,
  get: () => Promise<{ readonly status: number; readonly body: string; readonly location: string | undefined }>,
): Promise<ProbeOutcome> {
  try {
    const { status, body } = await get()
    if (status >= 200 && status < 300) return { result: 'success', output: body }
    // Kubernetes: a redirect that leaves the host is not followed; that it answers is good enough.
    if (status >= 300 && status < 400)
      return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` }
    return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` }
  } catch (error) {
    if (url.hostname === '') throw error
    return failure(error)
  }
}
