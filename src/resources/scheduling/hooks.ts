import { type FieldError, invalid } from '../../machinery/index.ts'
import type { HooksFor } from '../define.ts'
import type { PodGroup, PriorityClass } from '../generated/types.ts'
import { priorityClassCells } from '../other-cells.ts'
import { priorityClassErrors, priorityClassUpdateErrors } from '../other-checks.ts'
import { conditionsErrors } from '../validation/conditions.ts'
import { podGroupCells } from './pod-groups.ts'

export const priorityClassHooks: HooksFor<PriorityClass> = {
  cells: priorityClassCells,
  checks: { create: priorityClassErrors, update: priorityClassUpdateErrors },
}

export const podGroupHooks: HooksFor<PodGroup> = {
  cells: podGroupCells,
  checks: {
    status: ({ spec, status }) => [
      ...conditionsErrors(status?.conditions ?? [], 'status.conditions'),
      ...claimStatusErrors(status?.resourceClaimStatuses ?? [], spec?.resourceClaims ?? []),
    ],
  },
}

/** What became of a claim is told of those that the group asks for. */
function claimStatusErrors(
  statuses: readonly { readonly name?: string }[],
  claims: readonly { readonly name?: string }[],
): readonly FieldError[] {
  return statuses.flatMap(({ name = '' }, index) =>
    claims.some((claim) => claim.name === name)
      ? []
      : [
          invalid(
            `status.resourceClaimStatuses[${index}].name`,
            name,
            'must match the name of an entry in `spec.resourceClaims`',
          ),
        ],
  )
}
