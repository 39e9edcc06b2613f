import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  invalid,
  required,
} from '../../machinery/index.ts'
import type { HooksFor } from '../define.ts'
import type { StorageVersionMigration } from '../generated/types.ts'
import { conditionsErrors } from '../validation/conditions.ts'
import { immutableStruct } from '../validation/go-form.ts'

/** Whether a text is a revision that can be told to be before or after another. */
export const isResourceVersion = (text: string): boolean => /^[1-9]\d*$/.test(text)

type Status = NonNullable<StorageVersionMigration['status']>

const specType = 'io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationSpec'

export const storageVersionMigrationHooks: HooksFor<StorageVersionMigration> = {
  checks: {
    create: specErrors,
    update: (migration, previous) => [
      ...specErrors(migration),
      ...immutableStruct(specType, 'spec', migration.spec, previous.spec),
    ],
    status: ({ status = {} }, previous) => statusErrors(status, previous.status ?? {}),
  },
  allowUnconditionalUpdate: false,
}

function specErrors({ spec }: StorageVersionMigration): readonly FieldError[] {
  const { group = '', resource = '' } = spec?.resource ?? {}
  const errors: FieldError[] = []
  if (resource === '') errors.push(required('spec.resource.resource', 'resource is required to be set'))
  else {
    const words = dns1035LabelErrors(resource)
    if (words.length > 0) errors.push(invalid('spec.resource.resource', resource, words.join(',')))
  }
  const words = group === '' ? [] : dns1123SubdomainErrors(group)
  if (words.length > 0) errors.push(invalid('spec.resource.group', group, words.join(',')))
  return errors
}

function statusErrors(status: Status, previous: Status): readonly FieldError[] {
  const errors: FieldError[] = []
  const { resourceVersion = '', conditions = [] } = status
  const before = previous.resourceVersion ?? ''
  if (resourceVersion !== '' && !isResourceVersion(resourceVersion)) {
    const detail = `resource version is not well formed: ${resourceVersion}`
    errors.push(invalid('status.resourceVersion', resourceVersion, detail))
  }
  errors.push(...conditionsErrors(conditions, 'status.conditions'))
  if (before !== '' && before !== resourceVersion)
    errors.push(invalid('status.resourceVersion', resourceVersion, 'field is immutable'))
  const wrong = (detail: string) => errors.push(invalid('status.conditions', status.conditions, detail))
  if (has(status, 'Succeeded') && has(status, 'Failed'))
    wrong('Both success and failed conditions cannot be true at the same time')
  if (has(previous, 'Succeeded') && !has(status, 'Succeeded'))
    wrong('Success condition cannot be set to false once it is true')
  if (has(previous, 'Failed') && !has(status, 'Failed'))
    wrong('Failed condition cannot be set to false once it is true')
  return errors
}

function has({ conditions = [] }: Status, type: string): boolean {
  return conditions.some((one) => one.type === type && one.status === 'True')
}
