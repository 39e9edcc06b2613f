import type { Disk } from '../../cloud/index.ts'
import { yamlText } from '../../machinery/index.ts'
import { UsageError } from '../flags.ts'
import { type Asked, listed, pick, type Shown, type Thing, wordOf } from './thing.ts'

const chosen = async (asked: Asked) =>
  pick(await asked.api.call('ecs:DescribeDisks', {}), wordOf(asked, 0, 'which disk, by its id or name'), 'disk')
const said = (disk: Disk, text: string): Shown => ({ data: disk, text: `disk ${disk.id} ${text}` })

function sizeOf({ flags }: Asked): number {
  if (flags.size === undefined) throw new UsageError('say how large it is to be, in GiB: --size N')
  return flags.size as number
}

/** `cox cloud disk`: disks, and the instances they are in. */
export const disks: Thing = {
  names: ['disk', 'disks'],
  verbs: {
    async list({ api }) {
      return listed(
        await api.call('ecs:DescribeDisks', {}),
        ['ID', 'NAME', 'SIZE', 'ZONE', 'INSTANCE', 'DEVICE'],
        ({ id, name, sizeGiB, zone, instance, device }) => [id, name, `${sizeGiB}Gi`, zone, instance || '-', device],
        'there are no disks',
      )
    },
    async show(asked) {
      const disk = await chosen(asked)
      return { data: disk, text: yamlText(disk) }
    },
    async create(asked) {
      const zone = asked.flags.zone as string | undefined
      const name = wordOf(asked, 0, 'the name of the disk')
      const wanted = { name, sizeGiB: sizeOf(asked), ...(zone === undefined ? {} : { zone }) }
      const disk = await asked.api.call('ecs:CreateDisk', wanted)
      return said(disk, `has ${disk.sizeGiB} GiB in ${disk.zone}`)
    },
    async attach(asked) {
      const to = asked.flags.instance as string | undefined
      if (to === undefined) throw new UsageError('say to which instance: --instance ID')
      const { id } = await chosen(asked)
      const instance = pick(await asked.api.call('ecs:DescribeInstances', {}), to, 'instance').id
      const disk = await asked.api.call('ecs:AttachDisk', { id, instance })
      return said(disk, `is ${disk.device} of instance ${instance}`)
    },
    async detach(asked) {
      const { id } = await chosen(asked)
      return said(await asked.api.call('ecs:DetachDisk', { id }), 'is free')
    },
    async edit(asked) {
      const sizeGiB = sizeOf(asked)
      const { id } = await chosen(asked)
      return said(await asked.api.call('ecs:ResizeDisk', { id, sizeGiB }), `has ${sizeGiB} GiB`)
    },
    async delete(asked) {
      const { id } = await chosen(asked)
      return said(await asked.api.call('ecs:DeleteDisk', { id }), 'is gone')
    },
  },
}
