import { timestampOf } from '../../machinery/index.ts'
import { conflict, notFound } from '../errors.ts'
import type { CloudState, Disk } from '../state.ts'
import { instanceIn, zoneFor } from './instances.ts'
import { entryOf, nameIn, numberOf, type Operations } from './operation.ts'

const disksPerInstanceMax = 16

function diskIn(state: CloudState, id: string): Disk {
  const found = entryOf(state.disks, id)
  if (found === undefined) throw notFound('disk', id)
  return found
}
const about = ({ id }: { readonly id: string }) => `disk/${id}`

/** Disks: in a zone, and in one instance at most. */
export const diskOperations: Pick<
  Operations,
  'ecs:DescribeDisks' | 'ecs:CreateDisk' | 'ecs:AttachDisk' | 'ecs:DetachDisk' | 'ecs:ResizeDisk' | 'ecs:DeleteDisk'
> = {
  'ecs:DescribeDisks': {
    resource: () => 'disk/*',
    run: (state) => Object.values(state.disks),
  },
  'ecs:CreateDisk': {
    resource: ({ name }) => `disk/${name}`,
    run(state, input, { clock, random }) {
      const all = Object.values(state.disks)
      const disk: Disk = {
        id: `d-${random.suffix(10)}`,
        name: nameIn(input),
        sizeGiB: numberOf(input, 'sizeGiB'),
        zone: zoneFor(state, input.zone, all),
        instance: '',
        device: '',
        createdAt: timestampOf(clock.now()),
      }
      if (all.some(({ name }) => name === disk.name)) throw conflict(`there is a disk named ${disk.name} already`)
      state.disks[disk.id] = disk
      return disk
    },
  },
  'ecs:AttachDisk': {
    resource: about,
    run(state, { id, instance: to }) {
      const disk = diskIn(state, id)
      const instance = instanceIn(state, to)
      if (disk.instance === instance.id) return disk
      if (disk.instance !== '') throw conflict(`disk ${id} is in instance ${disk.instance}; detach it there first`)
      if (disk.zone !== instance.zone)
        throw conflict(`disk ${id} is in zone ${disk.zone}, and instance ${to} in ${instance.zone}`)
      const own = Object.values(state.disks).filter((one) => one.instance === instance.id)
      const letters = [...'bcdefghijklmnopq'].slice(0, disksPerInstanceMax)
      const letter = letters.find((one) => !own.some(({ device }) => device === `/dev/vd${one}`))
      if (letter === undefined) throw conflict(`instance ${to} has ${disksPerInstanceMax} disks, and no room for more`)
      return (state.disks[id] = { ...disk, instance: instance.id, device: `/dev/vd${letter}` })
    },
  },
  'ecs:DetachDisk': {
    resource: about,
    run: (state, { id }) => (state.disks[id] = { ...diskIn(state, id), instance: '', device: '' }),
  },
  'ecs:ResizeDisk': {
    resource: about,
    run(state, input) {
      const disk = diskIn(state, input.id)
      const sizeGiB = numberOf(input, 'sizeGiB')
      if (sizeGiB < disk.sizeGiB) throw conflict(`disk ${disk.id} has ${disk.sizeGiB} GiB; disks do not shrink`)
      return (state.disks[disk.id] = { ...disk, sizeGiB })
    },
  },
  'ecs:DeleteDisk': {
    resource: about,
    run(state, { id }) {
      const disk = diskIn(state, id)
      if (disk.instance !== '') throw conflict(`disk ${id} is in instance ${disk.instance}; detach it first`)
      delete state.disks[id]
      return disk
    },
  },
}
