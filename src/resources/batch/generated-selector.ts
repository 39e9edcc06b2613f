import { type FieldError, invalid, labelQueryOf, labelSelectorErrors, required } from '../../machinery/index.ts'
import type { Job } from '../generated/types.ts'

const uidLabel = 'batch.kubernetes.io/controller-uid'
const nameLabel = 'batch.kubernetes.io/job-name'

/** The labels by which a Job's pods are its own. */
export const generatedLabels = (uid: string, name: string): Readonly<Record<string, string>> => ({
  [uidLabel]: uid,
  [nameLabel]: name,
  'controller-uid': uid,
  'job-name': name,
})

/**
 * What is wrong with the labels and the selector that a Job was given for its own pods, when it does not insist on choosing them.
 * Kubernetes: a Job from before the labels had a prefix is not asked for those.
 */
export function generatedSelectorErrors({ metadata, spec }: Job, previous?: Job): readonly FieldError[] {
  if (spec === undefined || spec.manualSelector === true || spec.selector === undefined) return []
  const { uid = '', name = '' } = metadata
  const errors: FieldError[] = uid === '' ? [required('metadata.uid')] : []
  const labels: Readonly<Record<string, string>> = spec.template?.metadata?.labels ?? {}
  const before = previous?.spec?.template?.metadata?.labels
  const isOld = previous !== undefined && (before?.[uidLabel] === undefined || before[nameLabel] === undefined)
  const expected = Object.entries(generatedLabels(uid, name)).filter(([key]) => !isOld || !key.includes('/'))
  for (const [key, value] of expected) {
    const at = `spec.template.metadata.labels[${key}]`
    if (labels[key] === undefined) errors.push(required(at, `must be '${value}'`))
    else if (labels[key] !== value) errors.push(invalid(at, labels, `must be '${value}'`))
  }
  if (labelSelectorErrors(spec.selector, '').length > 0) return errors
  const query = labelQueryOf(spec.selector)
  if (query.nothing || !query.matches(Object.fromEntries(expected)))
    errors.push(invalid('spec.selector', spec.selector, '`selector` not auto-generated'))
  return errors
}
