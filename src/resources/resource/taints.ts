import type { DeviceTaint, DeviceTaintRule, DeviceToleration } from '../generated/types.ts'

/** Whether a request puts up with a taint of a device. */
export function toleratesDeviceTaint(toleration: DeviceToleration, taint: DeviceTaint): boolean {
  const { effect = '', key = '', operator = 'Equal', value = '' } = toleration as Readonly<Record<string, string>>
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (operator === 'Equal' && value === (taint.value ?? ''))
}

/** Which device is meant. */
export interface DeviceRef {
  readonly driver: string
  readonly pool: string
  readonly device: string
}

/** Whether a rule taints a device; one without a selector taints none. */
export function ruleTaints({ spec }: DeviceTaintRule, { driver, pool, device }: DeviceRef): boolean {
  const wanted = spec.deviceSelector
  return (
    wanted !== undefined &&
    (wanted.driver ?? driver) === driver &&
    (wanted.pool ?? pool) === pool &&
    (wanted.device ?? device) === device
  )
}
