import { type FieldError, forbiddenField, invalid, notFoundField, required } from '../../../machinery/index.ts'
import type { Container, Volume } from '../../generated/types.ts'
import { backstepErrors } from '../volume-sources.ts'
import { descendingPathErrors } from './volumes.ts'

type Volumes = ReadonlyMap<string, Volume>
type Mounting = Pick<Container, 'volumeMounts' | 'volumeDevices' | 'securityContext'>

export function mountErrors(container: Mounting, volumes: Volumes, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const devices = container.volumeDevices ?? []
  const seen = new Set<string>()
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${field}[${index}]`
    const { name = '', mountPath = '', subPath = '', subPathExpr = '' } = mount
    if (name === '') errors.push(required(`${at}.name`))
    if (!volumes.has(name)) errors.push(notFoundField(`${at}.name`, name))
    if (mountPath === '') errors.push(required(`${at}.mountPath`))
    if (seen.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'))
    seen.add(mountPath)
    if (devices.some((device) => device.name === name))
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeDevices'))
    if (devices.some((device) => device.devicePath === mountPath))
      errors.push(invalid(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'))
    // Kubernetes: complaints about the paths below name the list, not the mount.
    if (subPath !== '') errors.push(...descendingPathErrors(subPath, `${field}.subPath`))
    if (subPathExpr !== '') {
      if (subPath !== '')
        errors.push(invalid(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
      errors.push(...descendingPathErrors(subPathExpr, `${field}.subPathExpr`))
    }
    if (mount.mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
      const why = 'Bidirectional mount propagation is available only to privileged containers'
      errors.push(forbiddenField(`${field}.mountPropagation`, why))
    }
    const recursive = mount.recursiveReadOnly
    if (recursive === 'Enabled' || recursive === 'IfPossible') {
      if (mount.readOnly !== true)
        errors.push(forbiddenField(`${field}.recursiveReadOnly`, 'may only be specified when readOnly is true'))
      if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
        const why = 'may only be specified when mountPropagation is None or not specified'
        errors.push(forbiddenField(`${field}.recursiveReadOnly`, why))
      }
    }
  }
  return errors
}

export function deviceErrors(container: Mounting, volumes: Volumes, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const mounts = container.volumeMounts ?? []
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [index, { name = '', devicePath = '' }] of (container.volumeDevices ?? []).entries()) {
    const at = `${field}[${index}]`
    const volume = volumes.get(name)
    if (name === '') errors.push(required(`${at}.name`))
    if (names.has(name)) errors.push(invalid(`${at}.name`, name, 'must be unique'))
    if (volume === undefined) errors.push(notFoundField(`${at}.name`, name))
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const why = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
      errors.push(invalid(`${at}.name`, name, why))
    }
    if (devicePath === '') errors.push(required(`${at}.devicePath`))
    if (paths.has(devicePath)) errors.push(invalid(`${at}.devicePath`, devicePath, 'must be unique'))
    if (backstepErrors(devicePath, at).length > 0)
      errors.push(invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"))
    else paths.add(devicePath)
    if (mounts.some((mount) => mount.name === name))
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeMounts'))
    if (mounts.some((mount) => mount.mountPath === devicePath))
      errors.push(invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'))
    names.add(name)
  }
  return errors
}
