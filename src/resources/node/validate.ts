import { dns1123LabelErrors, duplicate, type FieldError, labelsErrors, required } from '../../machinery/index.ts'
import { tolerationErrors } from '../core/pod/affinity.ts'
import { resourceRequirementsErrors } from '../core/pod/resources.ts'
import type { RuntimeClass } from '../generated/types.ts'
import { complaints, immutable } from '../validation/object-meta.ts'

type Tolerations = NonNullable<NonNullable<RuntimeClass['scheduling']>['tolerations']>

export function runtimeClassErrors({ handler = '', overhead, scheduling }: RuntimeClass): readonly FieldError[] {
  const { nodeSelector, tolerations = [] } = scheduling ?? {}
  return [
    ...(handler === '' ? [required('handler')] : complaints('handler', handler, dns1123LabelErrors(handler))),
    ...(overhead?.podFixed === undefined ? [] : resourceRequirementsErrors({ limits: overhead.podFixed }, 'overhead')),
    ...labelsErrors(nodeSelector, 'scheduling.nodeSelector'),
    ...tolerationErrors(tolerations, 'scheduling.tolerations'),
    ...repeatedErrors(tolerations, 'scheduling.tolerations'),
  ]
}

/** Kubernetes: tolerations that differ in their time alone are the same. */
function repeatedErrors(tolerations: Tolerations, field: string): readonly FieldError[] {
  const seen = new Set<string>()
  return tolerations.flatMap((toleration, index) => {
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds = null } = toleration ?? {}
    const identity = JSON.stringify([key, operator, value, effect])
    const isKnown = seen.has(identity)
    seen.add(identity)
    if (!isKnown) return []
    const shown = { Key: key, Operator: operator, Value: value, Effect: effect, TolerationSeconds: tolerationSeconds }
    return [duplicate(`${field}[${index}]`, shown)]
  })
}

export function runtimeClassUpdateErrors(next: RuntimeClass, previous: RuntimeClass): readonly FieldError[] {
  return [...runtimeClassErrors(next), ...immutable('handler', next.handler, previous.handler)]
}
