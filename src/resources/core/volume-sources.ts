import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  inRangeErrors,
  invalid,
  notSupported,
  required,
} from '../../machinery/index.ts'
import type { PersistentVolumeSpec, SecretReference } from '../generated/types.ts'
import { csiDriverNameErrors } from '../validation/csi.ts'
import { complaints } from '../validation/object-meta.ts'

/** Something that must be said. */
export const need = (value: string | undefined, field: string): readonly FieldError[] =>
  (value ?? '') === '' ? [required(field)] : []
const needAny = (list: readonly unknown[] | undefined, field: string): readonly FieldError[] =>
  (list ?? []).length === 0 ? [required(field)] : []

/** Paths that must not lead out of their directory. */
export function backstepErrors(path: string, field: string): readonly FieldError[] {
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : []
}

const partitionText = 'must be an integer between 1 and 255 (inclusive)'
const partitionErrors = (partition: number | undefined, field: string): readonly FieldError[] =>
  partition !== undefined && (partition < 0 || partition > 255) ? [invalid(field, partition, partitionText)] : []

interface NfsSource {
  readonly server?: string
  readonly path?: string
}
export function nfsErrors({ server, path = '' }: NfsSource, field: string): readonly FieldError[] {
  return [
    ...need(server, `${field}.server`),
    ...need(path, `${field}.path`),
    ...(path.startsWith('/') ? [] : [invalid(`${field}.path`, path, 'must be an absolute path')]),
  ]
}

interface DiskSource {
  readonly volumeID?: string
  readonly pdName?: string
  readonly partition?: number
}
export function diskErrors(disk: DiskSource, name: 'volumeID' | 'pdName', field: string): readonly FieldError[] {
  return [...need(disk[name], `${field}.${name}`), ...partitionErrors(disk.partition, `${field}.partition`)]
}

const iqnForms: readonly (readonly [string, RegExp])[] = [
  ['iqn', /^iqn\.\d{4}-\d{2}\.([a-zA-Z0-9-.]+)(:([^,;*&$|\s]+))$/],
  ['eui', /^eui\.[0-9A-Fa-f]{16}$/],
  ['naa', /^naa\.[0-9A-Fa-f]{32}$/],
]
const isInitiator = (name: string) => iqnForms.some(([prefix, form]) => name.startsWith(prefix) && form.test(name))

interface IscsiSource {
  readonly targetPortal?: string
  readonly iqn?: string
  readonly lun?: number
  readonly chapAuthDiscovery?: boolean
  readonly chapAuthSession?: boolean
  readonly secretRef?: { readonly name?: string }
  readonly initiatorName?: string
}
const startsRight = (name: string) => /^(?:iqn|eui|naa)/.test(name)

export function iscsiErrors(source: IscsiSource, field: string): readonly FieldError[] {
  const { targetPortal, iqn = '', lun = 0, secretRef, initiatorName: initiator } = source
  const format = 'must be valid format'
  const errors: FieldError[] = [...need(targetPortal, `${field}.targetPortal`), ...need(iqn, `${field}.iqn`)]
  if (iqn !== '' && !isInitiator(iqn))
    errors.push(invalid(`${field}.iqn`, iqn, startsRight(iqn) ? format : `${format} starting with iqn, eui, or naa`))
  errors.push(...complaints(`${field}.lun`, lun, inRangeErrors(lun, 0, 255)))
  const needsSecret = source.chapAuthDiscovery === true || source.chapAuthSession === true
  if (needsSecret && secretRef === undefined) errors.push(required(`${field}.secretRef`))
  if (secretRef !== undefined) errors.push(...need(secretRef.name, `${field}.secretRef.name`))
  if (initiator !== undefined && !isInitiator(initiator))
    errors.push(
      invalid(
        `${field}.initiatorname`,
        initiator,
        startsRight(initiator) ? format : `${format} starting with iqn, eui, or naa`,
      ),
    )
  return errors
}

interface FibreChannelSource {
  readonly targetWWNs?: readonly string[]
  readonly wwids?: readonly string[]
  readonly lun?: number
}
export function fibreChannelErrors(
  { targetWWNs, wwids, lun }: FibreChannelSource,
  field: string,
): readonly FieldError[] {
  const [names, ids] = [targetWWNs ?? [], wwids ?? []]
  const at = `${field}.targetWWNs`
  const errors: FieldError[] = []
  if (names.length + ids.length === 0)
    errors.push(required(at, 'must specify either targetWWNs or wwids, but not both'))
  if (names.length > 0 && ids.length > 0)
    errors.push(invalid(at, names, 'targetWWNs and wwids can not be specified simultaneously'))
  if (names.length === 0) return errors
  if (lun === undefined) return [...errors, required(`${field}.lun`, 'lun is required if targetWWNs is specified')]
  return [...errors, ...complaints(`${field}.lun`, lun, inRangeErrors(lun, 0, 255))]
}

const cachingModes = ['None', 'ReadOnly', 'ReadWrite']
const diskKinds = ['Dedicated', 'Managed', 'Shared']
const managedUri = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const blobUri = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

interface AzureDiskSource {
  readonly diskName?: string
  readonly diskURI?: string
  readonly cachingMode?: string
  readonly kind?: string
}
export function azureDiskErrors(disk: AzureDiskSource, field: string): readonly FieldError[] {
  const { diskName, diskURI: uri = '', cachingMode, kind } = disk
  const errors: FieldError[] = [...need(diskName, `${field}.diskName`), ...need(uri, `${field}.diskURI`)]
  if (cachingMode !== undefined && !cachingModes.includes(cachingMode))
    errors.push(notSupported(`${field}.cachingMode`, cachingMode, cachingModes))
  if (kind === undefined) return errors
  if (!diskKinds.includes(kind)) errors.push(notSupported(`${field}.kind`, kind, diskKinds))
  if (kind === 'Managed' && !uri.startsWith('/subscriptions/'))
    errors.push(notSupported(`${field}.diskURI`, uri, [managedUri]))
  if (kind !== 'Managed' && !uri.startsWith('https://')) errors.push(notSupported(`${field}.diskURI`, uri, [blobUri]))
  return errors
}

interface FlexSource {
  readonly driver?: string
  readonly options?: Readonly<Record<string, string>>
}
export function flexErrors({ driver, options = {} }: FlexSource, field: string): readonly FieldError[] {
  const reserved = Object.keys(options).filter((key) =>
    /\.(?:kubernetes|k8s)\.io$/.test(`.${key.split('/')[0]!.toLowerCase()}`),
  )
  return [
    ...need(driver, `${field}.driver`),
    ...reserved.map((key) =>
      invalid(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'),
    ),
  ]
}

function secretErrors(secret: SecretReference | undefined, field: string): readonly FieldError[] {
  if (secret === undefined) return []
  return [...need(secret.name, `${field}.name`), ...need(secret.namespace, `${field}.namespace`)]
}

function csiSecretErrors(secret: SecretReference | undefined, field: string): readonly FieldError[] {
  if (secret === undefined) return []
  const { name = '', namespace = '' } = secret
  return [
    ...(name === '' ? [required(`${field}.name`)] : complaints(`${field}.name`, name, dns1123SubdomainErrors(name))),
    ...(namespace === ''
      ? [required(`${field}.namespace`)]
      : complaints(`${field}.namespace`, namespace, dns1123LabelErrors(namespace))),
  ]
}

type SourceCheck<K extends keyof PersistentVolumeSpec> = (
  source: NonNullable<PersistentVolumeSpec[K]>,
  field: string,
) => readonly FieldError[]
type SourceChecks = { readonly [K in keyof PersistentVolumeSpec]?: SourceCheck<K> }

/** What each kind of volume needs, in the order in which Kubernetes looks at them; its own names of fields are kept. */
export const persistentSourceChecks: SourceChecks = {
  hostPath: ({ path = '' }, field) =>
    path === '' ? [required(`${field}.path`)] : backstepErrors(path, `${field}.path`),
  gcePersistentDisk: (disk, field) => diskErrors(disk, 'pdName', field.replace(/gcePersistentDisk$/, 'persistentDisk')),
  awsElasticBlockStore: (disk, field) => diskErrors(disk, 'volumeID', field),
  glusterfs: ({ endpoints, path, endpointsNamespace: namespace }, field) => [
    ...need(endpoints, `${field}.endpoints`),
    ...need(path, `${field}.path`),
    ...(namespace === ''
      ? [
          invalid(
            `${field}.endpointsNamespace`,
            '',
            'if the endpointnamespace is set, it must be a valid namespace name',
          ),
        ]
      : complaints(`${field}.endpointsNamespace`, namespace, dns1123LabelErrors(namespace ?? 'a'))),
  ],
  nfs: nfsErrors,
  rbd: ({ monitors, image }, field) => [...needAny(monitors, `${field}.monitors`), ...need(image, `${field}.image`)],
  quobyte: ({ registry, volume }, field) => [
    ...need(registry, `${field}.registry`),
    ...need(volume, `${field}.volume`),
  ],
  cephfs: ({ monitors }, field) => needAny(monitors, `${field}.monitors`),
  iscsi: iscsiErrors,
  cinder: ({ volumeID, secretRef }, field) => [
    ...need(volumeID, `${field}.volumeID`),
    ...secretErrors(secretRef, `${field}.secretRef`),
  ],
  fc: fibreChannelErrors,
  flexVolume: flexErrors,
  azureFile: ({ secretName, shareName, secretNamespace }, field) => [
    ...need(secretName, `${field}.secretName`),
    ...need(shareName, `${field}.shareName`),
    ...(secretNamespace === '' ? [required(`${field}.secretNamespace`)] : []),
  ],
  vsphereVolume: ({ volumePath }, field) => need(volumePath, `${field}.volumePath`),
  photonPersistentDisk: ({ pdID }, field) => need(pdID, `${field}.pdID`),
  portworxVolume: ({ volumeID }, field) => need(volumeID, `${field}.volumeID`),
  azureDisk: azureDiskErrors,
  scaleIO: ({ gateway, system, volumeName }, field) => [
    ...need(gateway, `${field}.gateway`),
    ...need(system, `${field}.system`),
    ...need(volumeName, `${field}.volumeName`),
  ],
  local: ({ path = '' }, field) => (path === '' ? [required(`${field}.path`)] : backstepErrors(path, `${field}.path`)),
  storageos: ({ volumeName: name = '', volumeNamespace: namespace = '', secretRef }, field) => [
    ...(name === ''
      ? [required(`${field}.volumeName`)]
      : complaints(`${field}.volumeName`, name, dns1123LabelErrors(name))),
    ...(namespace === '' ? [] : complaints(`${field}.volumeNamespace`, namespace, dns1123LabelErrors(namespace))),
    ...secretErrors(secretRef, `${field}.secretRef`),
  ],
  csi: (source, field) => [
    ...csiDriverNameErrors(source.driver, `${field}.driver`),
    ...need(source.volumeHandle, `${field}.volumeHandle`),
    ...(
      [
        'controllerPublishSecretRef',
        'controllerExpandSecretRef',
        'nodePublishSecretRef',
        'nodeExpandSecretRef',
      ] as const
    ).flatMap((name) => csiSecretErrors(source[name], `${field}.${name}`)),
  ],
}
