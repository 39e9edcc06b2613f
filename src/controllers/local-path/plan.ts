import { parseQuantity, quantityText, type Unsaved } from '../../machinery/index.ts'
import {
  classOfClaim,
  isReachableFrom,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  requestedStorage,
  type StorageClass,
  volumeAnnotations,
} from '../../resources/index.ts'

/** What storage classes, claims and volumes call the provisioner. */
export const localPathProvisioner = 'coxswain.dev/local-path'
/** Kubernetes: keeps a volume until what it stands for is gone. */
export const provisionerFinalizer = 'external-provisioner.volume.kubernetes.io/finalizer'
/** Where volumes of nodes without a machine would be. */
const simulatedDirectory = '/var/lib/coxswain/local-volumes'

/** What is to be made for a claim, or why nothing can be. */
export type ProvisionPlan =
  | { readonly step: 'none' }
  | { readonly step: 'refuse'; readonly message: string; readonly reschedules: boolean }
  | { readonly step: 'make'; readonly node: Node; readonly name: string; readonly storageClass: StorageClass }

/** Whether the provisioner is asked for a volume, and on which node it goes. */
export function planProvision(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
  nodeOf: (name: string) => Node | undefined,
): ProvisionPlan {
  const { annotations = {}, uid, deletionTimestamp } = claim.metadata
  const asked = annotations[volumeAnnotations.storageProvisioner] === localPathProvisioner
  if (!asked || (claim.spec.volumeName ?? '') !== '' || deletionTimestamp !== undefined) return { step: 'none' }
  if (storageClass?.provisioner !== localPathProvisioner) return { step: 'none' }
  const refuse = (why: string, reschedules = false): ProvisionPlan => ({
    step: 'refuse',
    message: `failed to provision volume with StorageClass ${JSON.stringify(classOfClaim(claim))}: ${why}`,
    reschedules,
  })
  const selected = annotations[volumeAnnotations.selectedNode]
  if (selected === undefined) return refuse('configuration error, no node was specified')
  if (claim.spec.volumeMode === 'Block')
    return refuse(`${localPathProvisioner} does not support block volume provisioning`)
  if (claim.spec.selector !== undefined) return refuse('claim.Spec.Selector is not supported')
  const node = nodeOf(selected)
  if (node === undefined) return refuse(`node ${JSON.stringify(selected)} not found`, true)
  return { step: 'make', node, name: `pvc-${uid}`, storageClass }
}

/** The volume for a claim at a path of a node: nobody else's, and to be had on that node alone. */
export function volumeOf(
  claim: PersistentVolumeClaim,
  { name, storageClass, node }: Extract<ProvisionPlan, { step: 'make' }>,
  path: string,
): Unsaved<PersistentVolume> {
  const { name: claimName, namespace = '', uid, resourceVersion } = claim.metadata
  const policy = storageClass.reclaimPolicy ?? 'Delete'
  const hostname = 'kubernetes.io/hostname'
  const values = [node.metadata.labels?.[hostname] ?? node.metadata.name]
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { [volumeAnnotations.provisionedBy]: localPathProvisioner },
      ...(policy === 'Delete' ? { finalizers: [provisionerFinalizer] } : {}),
    },
    spec: {
      accessModes: claim.spec.accessModes,
      capacity: { storage: quantityText(requestedStorage(claim)) },
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name: claimName, uid, resourceVersion },
      local: { path },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: hostname, operator: 'In', values }] }] },
      },
      persistentVolumeReclaimPolicy: policy,
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
      ...(claim.spec.volumeAttributesClassName === undefined
        ? {}
        : { volumeAttributesClassName: claim.spec.volumeAttributesClassName }),
    },
  }
  return volume as unknown as Unsaved<PersistentVolume>
}

/** Whether a volume of the provisioner has lost its claim and is to go, with what is in it. */
export function isToBeRemoved({ metadata, spec, status }: PersistentVolume): boolean {
  return (
    metadata.annotations?.[volumeAnnotations.provisionedBy] === localPathProvisioner &&
    spec.persistentVolumeReclaimPolicy === 'Delete' &&
    (status?.phase === 'Released' || status?.phase === 'Failed')
  )
}

/** The node that holds a volume; undefined when it is gone, and what the volume held with it. */
export function holderOf(volume: PersistentVolume, nodes: readonly Node[]): Node | undefined {
  return nodes.find((node) => isReachableFrom(volume, node))
}

/** The place of a volume on a node that is simulated; undefined when it has a machine that must be asked. */
export function simulatedPath({ status }: Node, name: string): string | undefined {
  const isSimulated = status?.nodeInfo?.containerRuntimeVersion?.startsWith('simulated://') === true
  return isSimulated ? `${simulatedDirectory}/${name}` : undefined
}

/** Whether a volume is large enough already for what its claim asks. */
export function grownSize(claim: PersistentVolumeClaim, volume: PersistentVolume): string | undefined {
  const wanted = requestedStorage(claim)
  const has = parseQuantity(volume.spec.capacity?.['storage'] ?? '0')
  return wanted.nanos > has.nanos ? quantityText(wanted) : undefined
}
