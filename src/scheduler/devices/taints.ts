import type { DeviceTaint, DeviceToleration } from '../../resources/index.ts'

/** Whether a request puts up with a taint of a device. */
export function toleratesDeviceTaint(toleration: DeviceToleration, taint: DeviceTaint): boolean {
  const { effect = '', key = '', operator = 'Equal', value = '' } = toleration as Readonly<Record<string, string>>
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (operator === 'Equal' && value === (taint.value ?? ''))
}
