import {
  type FieldError,
  forbiddenField,
  headerNameErrors,
  type IntOrString,
  invalid,
  portNameErrors,
  portNumberErrors,
  required,
} from '../../../machinery/index.ts'
import type { Lifecycle, LifecycleHandler, PodOS, Probe, ProbeHandler } from '../../generated/types.ts'
import { complaints, nonNegative } from '../../validation/object-meta.ts'

export function portErrors(port: IntOrString, field: string): readonly FieldError[] {
  return complaints(field, port, typeof port === 'number' ? portNumberErrors(port) : portNameErrors(port))
}

type Handler = ProbeHandler & LifecycleHandler
type Check = () => readonly FieldError[]

function handlerErrors(handler: Handler, graceSeconds: number | undefined, field: string): readonly FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const checks: [string, Check][] = []
  if (exec !== undefined)
    checks.push(['exec', () => ((exec.command ?? []).length === 0 ? [required(`${field}.exec.command`)] : [])])
  if (httpGet !== undefined) {
    checks.push([
      'httpGet',
      () => [
        ...((httpGet.path ?? '') === '' ? [required(`${field}.httpGet.path`)] : []),
        ...portErrors(httpGet.port, `${field}.httpGet.port`),
        ...(httpGet.httpHeaders ?? []).flatMap(({ name }) =>
          complaints(`${field}.httpGet.httpHeaders`, name, headerNameErrors(name)),
        ),
      ],
    ])
  }
  if (tcpSocket !== undefined) checks.push(['tcpSocket', () => portErrors(tcpSocket.port, `${field}.tcpSocket.port`)])
  if (grpc !== undefined) checks.push(['grpc', () => portErrors(grpc.port, `${field}.grpc.port`)])
  if (sleep !== undefined) {
    // Kubernetes: less than no time to end in counts as a second.
    const grace = graceSeconds !== undefined && graceSeconds < 0 ? 1 : graceSeconds
    checks.push([
      'sleep',
      () =>
        grace === undefined || (sleep.seconds >= 0 && sleep.seconds <= grace)
          ? []
          : [
              invalid(
                `${field}.sleep`,
                sleep.seconds,
                `must be non-negative and less than terminationGracePeriodSeconds (${grace})`,
              ),
            ],
    ])
  }
  if (checks.length === 0) return [required(field, 'must specify a handler type')]
  const [[, first], ...more] = checks as [[string, Check], ...[string, Check][]]
  return [
    ...first(),
    ...more.map(([name]) => forbiddenField(`${field}.${name}`, 'may not specify more than 1 handler type')),
  ]
}

export type ProbeKind = 'livenessProbe' | 'readinessProbe' | 'startupProbe'

export function probeErrors(
  probe: Probe | undefined,
  kind: ProbeKind,
  graceSeconds: number | undefined,
  field: string,
): readonly FieldError[] {
  if (probe === undefined) return []
  const errors = [
    ...handlerErrors(probe, graceSeconds, field),
    ...nonNegative(`${field}.initialDelaySeconds`, probe.initialDelaySeconds),
    ...nonNegative(`${field}.timeoutSeconds`, probe.timeoutSeconds),
    ...nonNegative(`${field}.periodSeconds`, probe.periodSeconds),
    ...nonNegative(`${field}.successThreshold`, probe.successThreshold),
    ...nonNegative(`${field}.failureThreshold`, probe.failureThreshold),
  ]
  const seconds = probe.terminationGracePeriodSeconds
  const at = `${field}.terminationGracePeriodSeconds`
  if (seconds !== undefined && seconds <= 0) errors.push(invalid(at, seconds, 'must be greater than 0'))
  if (kind === 'readinessProbe') {
    if (seconds !== undefined) errors.push(invalid(at, seconds, 'must not be set for readinessProbes'))
  } else if (probe.successThreshold !== 1) {
    errors.push(invalid(`${field}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'))
  }
  return errors
}

export function lifecycleErrors(
  lifecycle: Lifecycle | undefined,
  graceSeconds: number | undefined,
  os: PodOS | undefined,
  field: string,
): readonly FieldError[] {
  if (lifecycle === undefined) return []
  const { postStart, preStop, stopSignal } = lifecycle
  const errors: FieldError[] = []
  if (postStart !== undefined) errors.push(...handlerErrors(postStart, graceSeconds, `${field}.postStart`))
  if (preStop !== undefined) errors.push(...handlerErrors(preStop, graceSeconds, `${field}.preStop`))
  if (stopSignal !== undefined && os === undefined)
    errors.push(forbiddenField(`${field}.stopSignal`, 'may not be set for containers with empty `spec.os.name`'))
  return errors
}
