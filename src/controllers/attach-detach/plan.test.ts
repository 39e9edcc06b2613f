import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CSIDriver, Node, PersistentVolume, Pod, VolumeAttachment } from '../../resources/index.ts'
import { type AttachWorld, planAttachments } from './plan.ts'

const volumeOf = (name: string, modes: readonly string[] = ['ReadWriteOnce']): PersistentVolume =>
  ({ metadata: { name }, spec: { accessModes: modes, csi: { driver: 'd', volumeHandle: name } } }) as never
const podOf = (name: string, phase = 'Running', namespace = 'ns') =>
  ({ metadata: { name, namespace }, spec: {}, status: { phase } }) as unknown as Pod
const attachmentOf = (volume: string, nodeName: string, attached = true, name = `own-${volume}`) =>
  ({
    metadata: { name },
    spec: { attacher: 'd', nodeName, source: { persistentVolumeName: volume } },
    status: { attached },
  }) as unknown as VolumeAttachment
const v = volumeOf('v')

function planOf(
  world: Partial<AttachWorld> & { readonly all?: readonly VolumeAttachment[] },
  inUse: readonly string[] = [],
  spec: object = {},
) {
  const { all = [] } = world
  const node = { metadata: { name: 'n1' }, spec, status: { volumesInUse: inUse } } as unknown as Node
  const plan = planAttachments(node, {
    pods: [],
    volumesOf: () => [v],
    driver: () => undefined,
    volume: (name) => (name === 'v' ? v : undefined),
    attachmentName: ({ metadata }) => `own-${metadata.name}`,
    attachmentsOf: () => all,
    attachments: all.filter(({ spec }) => spec.nodeName === 'n1'),
    othersUsing: () => [],
    isOverdue: () => false,
    ...world,
  })
  return [
    plan.attach.map(({ volume }) => `+${volume.metadata.name}`),
    plan.refuse.map(({ message }) => message),
    plan.detach.map(
      (one) => `-${one.metadata.name}${plan.forced.has(one) ? ` by force: ${plan.forced.get(one)}` : ''}`,
    ),
    plan.attached,
  ].flat()
}
const inUse = 'kubernetes.io/csi/d^v'
const multi = 'Multi-Attach error for volume "v" '

const cases: readonly (readonly [name: string, plan: readonly string[], result: readonly string[]])[] = [
  ['a pod needs it', planOf({ pods: [podOf('a')] }), ['+v']],
  ['a pod that has ended needs nothing', planOf({ pods: [podOf('a', 'Succeeded')] }), []],
  [
    'its driver attaches nothing',
    planOf({ pods: [podOf('a')], driver: () => ({ spec: { attachRequired: false } }) as CSIDriver }),
    [],
  ],
  ['it is attached', planOf({ pods: [podOf('a')], all: [attachmentOf('v', 'n1')] }), [inUse]],
  ['it is being attached', planOf({ pods: [podOf('a')], all: [attachmentOf('v', 'n1', false)] }), []],
  ['nobody needs it any more', planOf({ all: [attachmentOf('v', 'n1')] }), ['-own-v']],
  ['the kubelet still has it mounted', planOf({ all: [attachmentOf('v', 'n1')] }, [inUse]), [inUse]],
  [
    'the kubelet has had it mounted for too long, and is not heard of',
    planOf({ all: [attachmentOf('v', 'n1')], isOverdue: () => true }, [inUse]),
    ['-own-v by force: timeout'],
  ],
  [
    'the node is out of service',
    planOf({ all: [attachmentOf('v', 'n1')] }, [inUse], { taints: [{ key: 'node.kubernetes.io/out-of-service' }] }),
    ['-own-v by force: out-of-service'],
  ],
  [
    'a pod needs it on a node that is out of service',
    planOf({ pods: [podOf('a')], all: [attachmentOf('v', 'n1')], isOverdue: () => true }, [inUse], {
      taints: [{ key: 'node.kubernetes.io/out-of-service' }],
    }),
    [inUse],
  ],
  ['somebody else attached it', planOf({ all: [attachmentOf('v', 'n1', false, 'theirs')] }), []],
  [
    'another node has it for itself',
    planOf({ pods: [podOf('a')], all: [attachmentOf('v', 'n2')] }),
    [`${multi}Volume is already exclusively attached to one node and can't be attached to another`],
  ],
  [
    'pods elsewhere have it for themselves',
    planOf({
      pods: [podOf('a')],
      all: [attachmentOf('v', 'n2')],
      othersUsing: () => [podOf('b'), podOf('c', '', 'other')],
    }),
    [`${multi}Volume is already used by pod(s) b and 1 pod(s) in different namespaces`],
  ],
  [
    'several nodes may have it',
    planOf({
      pods: [podOf('a')],
      volumesOf: () => [volumeOf('v', ['ReadWriteMany'])],
      all: [attachmentOf('v', 'n2')],
    }),
    ['+v'],
  ],
]
for (const [name, plan, result] of cases) test(`attaching a volume: ${name}`, () => assert.deepEqual(plan, result))
