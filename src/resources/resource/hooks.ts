import type { HooksFor } from '../define.ts'
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../generated/types.ts'
import { deviceCells, resourceClaimCells, resourceSliceCells } from '../other-cells.ts'
import {
  deviceClassErrors,
  resourceClaimErrors,
  resourceClaimTemplateErrors,
  resourceClaimTemplateUpdateErrors,
  resourceClaimUpdateErrors,
} from './validate-claim.ts'
import { resourceSliceErrors, resourceSliceUpdateErrors } from './validate-slice.ts'
import { resourceClaimStatusErrors } from './validate-status.ts'

export const deviceClassHooks: HooksFor<DeviceClass> = { cells: deviceCells, checks: { create: deviceClassErrors } }
export const resourceClaimHooks: HooksFor<ResourceClaim> = {
  cells: resourceClaimCells,
  checks: { create: resourceClaimErrors, update: resourceClaimUpdateErrors, status: resourceClaimStatusErrors },
}
export const resourceClaimTemplateHooks: HooksFor<ResourceClaimTemplate> = {
  cells: deviceCells,
  checks: { create: resourceClaimTemplateErrors, update: resourceClaimTemplateUpdateErrors },
}
export const resourceSliceHooks: HooksFor<ResourceSlice> = {
  cells: resourceSliceCells,
  checks: { create: resourceSliceErrors, update: resourceSliceUpdateErrors },
}
