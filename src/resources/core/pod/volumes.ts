import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  labelSelectorErrors,
  parseQuantity,
  required,
} from '../../../machinery/index.ts'
import { bundleReferenceErrors } from '../../certificates/trust-bundle.ts'
import { signerNameErrors } from '../../certificates/validate.ts'
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  Volume,
  VolumeProjection,
} from '../../generated/types.ts'
import { csiDriverNameErrors } from '../../validation/csi.ts'
import { complaints } from '../../validation/object-meta.ts'
import { claimSpecErrors } from '../claims.ts'
import {
  azureDiskErrors,
  backstepErrors,
  diskErrors,
  fibreChannelErrors,
  flexErrors,
  iscsiErrors,
  need,
  nfsErrors,
} from '../volume-sources.ts'
import { fieldReferenceErrors, resourceReferenceErrors, volumeFields } from './environment.ts'

const modeText = 'must be a number between 0 and 0777 (octal), both inclusive'
const modeErrors = (mode: number | undefined, field: string): readonly FieldError[] =>
  mode !== undefined && (mode > 0o777 || mode < 0) ? [invalid(field, mode, modeText)] : []

/** Paths that must stay below a directory. */
export function descendingPathErrors(path: string, field: string): readonly FieldError[] {
  const absolute = path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []
  return [...absolute, ...backstepErrors(path, field)]
}
/** Paths below a volume, whose own files begin with two dots. */
function volumePathErrors(path: string, field: string): readonly FieldError[] {
  const errors = descendingPathErrors(path, field)
  const reserved = path.startsWith('..') && !path.startsWith('../') && path !== '..'
  return reserved ? [...errors, invalid(field, path, "must not start with '..'")] : errors
}

function itemErrors(item: KeyToPath, field: string): readonly FieldError[] {
  return [
    ...((item.key ?? '') === '' ? [required(`${field}.key`)] : []),
    ...((item.path ?? '') === '' ? [required(`${field}.path`)] : []),
    ...volumePathErrors(item.path ?? '', `${field}.path`),
    ...modeErrors(item.mode, `${field}.mode`),
  ]
}
const itemsErrors = (items: readonly KeyToPath[] | undefined, field: string) =>
  (items ?? []).flatMap((item, index) => itemErrors(item, `${field}.items[${index}]`))

function downwardFileErrors(file: DownwardAPIVolumeFile, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((file.path ?? '') === '') errors.push(required(`${field}.path`))
  errors.push(...volumePathErrors(file.path ?? '', `${field}.path`))
  if (file.fieldRef !== undefined) {
    errors.push(...fieldReferenceErrors(file.fieldRef, volumeFields, `${field}.fieldRef`))
    if (file.resourceFieldRef !== undefined)
      errors.push(invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (file.resourceFieldRef !== undefined) {
    const at = `${field}.resourceFieldRef`
    errors.push(...resourceReferenceErrors(file.resourceFieldRef, at, { needsContainer: true }))
  } else errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...modeErrors(file.mode, `${field}.mode`)]
}

const tokenSecondsMin = 600
const tokenSecondsMax = 2 ** 32

function projectionErrors(
  source: VolumeProjection,
  field: string,
  whole: string,
  seen: Set<string>,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const once = (path: string | undefined, shown: string) => {
    if (path === undefined || path === '') return
    if (seen.has(path)) errors.push(invalid(whole, shown, 'conflicting duplicate paths'))
    seen.add(path)
  }
  let count = 0
  for (const kind of ['secret', 'configMap'] as const) {
    const one = source[kind]
    if (one === undefined) continue
    count++
    if ((one.name ?? '') === '') errors.push(required(`${field}.${kind}.name`))
    errors.push(...itemsErrors(one.items, `${field}.${kind}`))
    for (const { path } of one.items ?? []) once(path, one.name ?? '')
  }
  if (source.downwardAPI !== undefined) {
    count++
    for (const file of source.downwardAPI.items ?? []) {
      errors.push(...downwardFileErrors(file, `${field}.downwardAPI`))
      once(file.path, file.path)
    }
  }
  const token = source.serviceAccountToken
  if (token !== undefined) {
    count++
    const seconds = token.expirationSeconds ?? 0
    const at = `${field}.serviceAccountToken.expirationSeconds`
    if (seconds < tokenSecondsMin) errors.push(invalid(at, seconds, 'may not specify a duration less than 10 minutes'))
    if (seconds > tokenSecondsMax)
      errors.push(invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'))
    if ((token.path ?? '') === '') errors.push(required(`${whole}.path`))
    else errors.push(...volumePathErrors(token.path, `${whole}.path`))
  }
  if (source.clusterTrustBundle !== undefined) {
    count++
    const { path } = source.clusterTrustBundle
    const at = `${field}.clusterTrustBundle`
    errors.push(...bundleErrors(source.clusterTrustBundle, at))
    if ((path ?? '') === '') errors.push(required(`${at}.path`))
    errors.push(...volumePathErrors(path ?? '', `${at}.path`))
    once(path, path)
  }
  if (source.podCertificate !== undefined) count++
  if (count > 1) errors.push(forbiddenField(field, 'may not specify more than 1 volume type per source'))
  return errors
}

function bundleErrors(
  bundle: NonNullable<VolumeProjection['clusterTrustBundle']>,
  field: string,
): readonly FieldError[] {
  const { name, signerName, labelSelector } = bundle
  if (name !== undefined && signerName !== undefined)
    return [invalid(field, bundle, 'only one of name and signerName may be used')]
  if (name !== undefined)
    return [
      ...(name === '' ? [required(`${field}.name`, 'must be a valid object name')] : []),
      ...bundleReferenceErrors(name).map((why) =>
        invalid(`${field}.name`, name, `not a valid clustertrustbundlename: ${why}`),
      ),
      ...(labelSelector === undefined
        ? []
        : [invalid(`${field}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified')]),
    ]
  if (signerName === undefined) return [required(field, 'either name or signerName must be specified')]
  return [
    ...(signerName === '' ? [required(`${field}.signerName`, 'must be a valid signer name')] : []),
    ...signerNameErrors(signerName, `${field}.signerName`),
    ...(labelSelector === undefined ? [] : labelSelectorErrors(labelSelector, `${field}.labelSelector`)),
  ]
}

function projectedErrors(projected: ProjectedVolumeSource, field: string): readonly FieldError[] {
  const seen = new Set<string>()
  return [
    ...modeErrors(projected.defaultMode, `${field}.defaultMode`),
    ...(projected.sources ?? []).flatMap((source, index) =>
      projectionErrors(source, `${field}.sources[${index}]`, field, seen),
    ),
  ]
}

type SourceCheck<K extends keyof Volume> = (source: NonNullable<Volume[K]>, field: string) => readonly FieldError[]
/** What each kind of volume needs, in the order in which Kubernetes looks at them. */
const sourceChecks: { readonly [K in Exclude<keyof Volume, 'name'>]?: SourceCheck<K> } = {
  emptyDir: ({ sizeLimit }, field) =>
    sizeLimit !== undefined && parseQuantity(sizeLimit).nanos < 0n
      ? [forbiddenField(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: ({ path }, field) => [...need(path, `${field}.path`), ...backstepErrors(path ?? '', `${field}.path`)],
  gitRepo: ({ repository, directory }, field) => [
    ...need(repository, `${field}.repository`),
    ...descendingPathErrors(directory ?? '', `${field}.directory`),
  ],
  gcePersistentDisk: (disk, field) => diskErrors(disk, 'pdName', field),
  awsElasticBlockStore: (disk, field) => diskErrors(disk, 'volumeID', field),
  secret: ({ secretName, defaultMode, items }, field) => [
    ...need(secretName, `${field}.secretName`),
    ...modeErrors(defaultMode, `${field}.defaultMode`),
    ...itemsErrors(items, field),
  ],
  nfs: nfsErrors,
  iscsi: iscsiErrors,
  fc: fibreChannelErrors,
  glusterfs: ({ endpoints, path }, field) => [...need(endpoints, `${field}.endpoints`), ...need(path, `${field}.path`)],
  persistentVolumeClaim: ({ claimName }, field) => need(claimName, `${field}.claimName`),
  rbd: ({ monitors, image }, field) => [
    ...((monitors ?? []).length === 0 ? [required(`${field}.monitors`)] : []),
    ...need(image, `${field}.image`),
  ],
  cinder: ({ volumeID }, field) => need(volumeID, `${field}.volumeID`),
  cephfs: ({ monitors }, field) => ((monitors ?? []).length === 0 ? [required(`${field}.monitors`)] : []),
  downwardAPI: ({ defaultMode, items }, field) => [
    ...modeErrors(defaultMode, `${field}.defaultMode`),
    ...(items ?? []).flatMap((file) => downwardFileErrors(file, field)),
  ],
  flexVolume: flexErrors,
  configMap: ({ name, defaultMode, items }, field) => [
    ...need(name, `${field}.name`),
    ...modeErrors(defaultMode, `${field}.defaultMode`),
    ...itemsErrors(items, field),
  ],
  azureFile: ({ secretName, shareName }, field) => [
    ...need(secretName, `${field}.secretName`),
    ...need(shareName, `${field}.shareName`),
  ],
  vsphereVolume: ({ volumePath }, field) => need(volumePath, `${field}.volumePath`),
  azureDisk: azureDiskErrors,
  projected: projectedErrors,
  csi: ({ driver }, field) => csiDriverNameErrors(driver, `${field}.driver`),
  ephemeral: ({ volumeClaimTemplate }, field) =>
    volumeClaimTemplate === undefined
      ? [required(`${field}.volumeClaimTemplate`)]
      : claimSpecErrors(volumeClaimTemplate.spec ?? {}, `${field}.volumeClaimTemplate.spec`),
  image: ({ reference }, field) => need(reference, `${field}.reference`),
}

function sourceErrors(volume: Volume, field: string): readonly FieldError[] {
  const { name: _, ...sources } = volume
  const order = Object.keys(sourceChecks)
  const rank = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length)
  const kinds = (Object.keys(sources) as (keyof typeof sources)[])
    .filter((kind) => sources[kind] !== undefined)
    .sort((a, b) => rank(a) - rank(b))
  const [first, ...more] = kinds
  if (first === undefined) return [required(field, 'must specify a volume type')]
  const check = sourceChecks[first] as SourceCheck<typeof first> | undefined
  return [
    ...(check?.(sources[first] as never, `${field}.${first}`) ?? []),
    ...more.map((kind) => forbiddenField(`${field}.${kind}`, 'may not specify more than 1 volume type')),
  ]
}

/** The volumes that are good, by name, and what is wrong with the others. */
export function checkVolumes(
  volumes: readonly Volume[] | undefined,
  podName: string | undefined,
  field: string,
): { readonly good: ReadonlyMap<string, Volume>; readonly errors: readonly FieldError[] } {
  const good = new Map<string, Volume>()
  const errors: FieldError[] = []
  const made = new Set(
    (volumes ?? []).filter(({ ephemeral }) => ephemeral !== undefined).map(({ name }) => `${podName}-${name}`),
  )
  for (const [index, volume] of (volumes ?? []).entries()) {
    const at = `${field}[${index}]`
    const found = [...sourceErrors(volume, at)]
    if ((volume.name ?? '') === '') found.push(required(`${at}.name`))
    else found.push(...complaints(`${at}.name`, volume.name, dns1123LabelErrors(volume.name)))
    if (volume.ephemeral !== undefined && podName !== undefined && (volume.name ?? '') !== '') {
      const made = `${podName}-${volume.name}`
      const words = dns1123SubdomainErrors(made)
      found.push(
        ...words.map((text) => invalid(`${at}.name`, volume.name, `PVC name ${JSON.stringify(made)}: ${text}`)),
      )
    }
    if (good.has(volume.name)) found.push(duplicate(`${at}.name`, volume.name))
    if (found.length === 0) good.set(volume.name, volume)
    errors.push(...found)
    const claim = volume.persistentVolumeClaim?.claimName
    if (podName !== undefined && claim !== undefined && made.has(claim)) {
      const why = 'must not reference a PVC that gets created for an ephemeral volume'
      errors.push(invalid(`${at}.persistentVolumeClaim.claimName`, claim, why))
    }
  }
  return { good, errors }
}
