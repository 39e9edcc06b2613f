import type { HooksFor } from '../define.ts'
import type {
  DeviceClass,
  DeviceTaintRule,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
} from '../generated/types.ts'
import { deviceCells, resourceClaimCells, resourceSliceCells } from '../other-cells.ts'
import { keepMember, keptWithStatus } from '../strategy.ts'
import {
  deviceClassErrors,
  resourceClaimErrors,
  resourceClaimTemplateErrors,
  resourceClaimTemplateUpdateErrors,
  resourceClaimUpdateErrors,
} from './claim-checks.ts'
import { resourceSliceErrors } from './slice-checks.ts'
import {
  deviceTaintRuleErrors,
  deviceTaintRuleStatusErrors,
  dropFreedDevices,
  resourceClaimStatusErrors,
} from './status-checks.ts'

export const deviceClassHooks: HooksFor<DeviceClass> = {
  cells: deviceCells,
  checks: { create: (deviceClass) => deviceClassErrors(deviceClass), update: deviceClassErrors },
}
export const resourceClaimHooks: HooksFor<ResourceClaim> = {
  cells: resourceClaimCells,
  checks: {
    ...{ create: resourceClaimErrors, update: resourceClaimUpdateErrors, status: resourceClaimStatusErrors },
    settled: /\.allocationMode$/,
  },
  prepareForStatusUpdate(draft, previous) {
    keepMember(draft, previous, 'spec')
    for (const key of keptWithStatus('ResourceClaim')) keepMember(draft.metadata, previous.metadata, key)
    dropFreedDevices(draft, previous)
  },
}
export const resourceClaimTemplateHooks: HooksFor<ResourceClaimTemplate> = {
  cells: deviceCells,
  checks: { create: resourceClaimTemplateErrors, update: resourceClaimTemplateUpdateErrors },
}
export const resourceSliceHooks: HooksFor<ResourceSlice> = {
  cells: resourceSliceCells,
  warnings: ({ spec: { driver } }) =>
    driver === driver.toLowerCase()
      ? []
      : [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`],
  checks: { create: (slice) => resourceSliceErrors(slice), update: resourceSliceErrors },
}
export const deviceTaintRuleHooks: HooksFor<DeviceTaintRule> = {
  checks: {
    create: (rule) => deviceTaintRuleErrors(rule),
    update: deviceTaintRuleErrors,
    status: deviceTaintRuleStatusErrors,
  },
}
