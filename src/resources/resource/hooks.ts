import type { HooksFor } from '../define.ts'
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../generated/types.ts'
import { deviceCells, resourceClaimCells, resourceSliceCells } from '../other-cells.ts'

export const deviceClassHooks: HooksFor<DeviceClass> = { cells: deviceCells }
export const resourceClaimHooks: HooksFor<ResourceClaim> = { cells: resourceClaimCells }
export const resourceClaimTemplateHooks: HooksFor<ResourceClaimTemplate> = { cells: deviceCells }
export const resourceSliceHooks: HooksFor<ResourceSlice> = { cells: resourceSliceCells }
