import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { manualClock, seededRandom } from '../machinery/index.ts'
import { Cloud } from './cloud.ts'
import { CloudError } from './errors.ts'
import { cloudOverHttp } from './http/client.ts'
import { serveCloud } from './http/serve.ts'
import { newCloud } from './state.ts'
import { openStateFile } from './state-file.ts'

const world = () => ({ clock: manualClock(Date.UTC(2026, 0, 1)), random: seededRandom(1) })
const machine = (name: string) => ({ name, cluster: 'one', cpus: 2, memoryBytes: 4 * 1024 ** 3 })
const refusal = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof CloudError && error.code === code && message.test(error.message)

test('instances get an address and a zone, and take their routes and disks along when they go', async () => {
  const api = new Cloud({ state: newCloud('local'), ...world() }).as('owner')
  const a = await api.call('ecs:RunInstances', machine('a'))
  const b = await api.call('ecs:RunInstances', machine('b'))
  assert.deepEqual(
    [a.privateAddress, a.zone, a.type, b.privateAddress, b.zone],
    ['172.20.0.4', 'cox-local-a', 'c2m4', '172.20.0.5', 'cox-local-b'],
  )
  await assert.rejects(api.call('ecs:RunInstances', machine('a')), refusal('IncorrectStatus', /named a already/))
  const route = await api.call('vpc:CreateRouteEntry', { destination: '10.244.1.7/24', instance: a.id })
  assert.deepEqual([route.destination, route.state], ['10.244.1.0/24', 'active'])
  await assert.rejects(
    api.call('vpc:CreateRouteEntry', { destination: '10.244.1.0/24', instance: b.id }),
    refusal('IncorrectStatus', new RegExp(`has 10.244.1.0/24 already, to instance ${a.id}`)),
  )
  const disk = await api.call('ecs:CreateDisk', { name: 'data', sizeGiB: 20, zone: a.zone })
  await assert.rejects(
    api.call('ecs:AttachDisk', { id: disk.id, instance: b.id }),
    refusal('IncorrectStatus', /is in zone cox-local-a, and instance .* in cox-local-b/),
  )
  assert.equal((await api.call('ecs:AttachDisk', { id: disk.id, instance: a.id })).device, '/dev/vdb')
  await assert.rejects(api.call('ecs:DeleteDisk', { id: disk.id }), refusal('IncorrectStatus', /detach it first/))
  const balancer = await api.call('slb:CreateLoadBalancer', {
    ...{ name: 'web', cluster: 'one', backends: [a.id, b.id] },
    listeners: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
  })
  assert.equal(balancer.address, '198.18.0.4')
  await api.call('ecs:StopInstance', { id: a.id })
  assert.equal((await api.call('vpc:DescribeRouteEntryList', {}))[0]?.state, 'blackhole')
  await api.call('ecs:DeleteInstance', { id: a.id })
  assert.deepEqual((await api.call('ecs:DescribeDisks', {}))[0]?.instance, '')
  assert.deepEqual((await api.call('slb:DescribeLoadBalancers', {}))[0]?.backends, [b.id])
})

test('an instance does what its role allows, from the moment its rules are changed', async () => {
  const cloud = new Cloud({ state: newCloud('local'), ...world() })
  const owner = cloud.as('owner')
  const routes = { name: 'routes', effect: 'allow' as const, actions: ['vpc:*'], resources: ['*'] }
  await owner.call('ram:CreateRole', { name: 'nodes', rules: [routes] })
  const { id } = await owner.call('ecs:RunInstances', { ...machine('a'), role: 'nodes' })
  const api = cloud.as({ instance: id })
  await api.call('vpc:CreateRouteEntry', { destination: '10.244.0.0/24', instance: id })
  await owner.call('ram:UpdateRole', { id: 'nodes', rules: [{ ...routes, actions: ['vpc:DescribeRouteEntryList'] }] })
  await assert.rejects(
    api.call('vpc:CreateRouteEntry', { destination: '10.244.1.0/24', instance: id }),
    (error) =>
      refusal('Forbidden.RAM', /not allowed by rule "routes"/)(error) && (error as CloudError).rule === 'routes',
  )
  await assert.rejects(api.call('ram:ListRoles', {}), refusal('Forbidden.RAM', /no rule of the role allows it/))
  await assert.rejects(owner.call('ram:DeleteRole', { id: 'nodes' }), refusal('IncorrectStatus', /bound to instance/))
  await owner.call('ecs:StopInstance', { id })
  await assert.rejects(api.call('vpc:DescribeRouteEntryList', {}), refusal('InvalidInstance', /is stopped/))
})

test('over HTTP a cloud is the same, and what it has outlives its process', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cox-cloud-'))
  try {
    const file = join(directory, 'state.json')
    const open = async () => {
      const cloud = new Cloud({ ...(await openStateFile(file, 'local')), ...world() })
      const served = await serveCloud(cloud, { port: 0, ownerToken: 'secret' })
      return { served, url: `http://127.0.0.1:${served.port}` }
    }
    let token = ''
    let id = ''
    {
      const { served, url } = await open()
      await using _ = served
      const owner = cloudOverHttp({ url, token: 'secret' })
      const before = await owner.changed(0, new AbortController().signal)
      const changed = owner.changed(before, new AbortController().signal)
      ;({ id } = await owner.call('ecs:RunInstances', machine('a')))
      assert.equal(await changed, before + 1)
      ;({ token } = await owner.call('ecs:CreateInstanceToken', { id }))
      await assert.rejects(
        cloudOverHttp({ url, token: 'other' }).call('ecs:DescribeInstances', {}),
        refusal('InvalidToken', /show the token/),
      )
    }
    const { served, url } = await open()
    await using _ = served
    assert.deepEqual(
      (await cloudOverHttp({ url, token: 'secret' }).call('ecs:DescribeInstances', {})).map((one) => one.id),
      [id],
    )
    await assert.rejects(
      cloudOverHttp({ url, token }).call('ecs:StopInstance', { id }),
      refusal('Forbidden.RAM', /an instance without a role may not ecs:StopInstance/),
    )
    const owner = cloudOverHttp({ url, token: 'secret' })
    await assert.rejects(
      owner.call('vpc:DeleteRouteEntry', { id: 'rt-none' }),
      refusal('NotFound', /there is no route "rt-none"/),
    )
    await assert.rejects(
      owner.call('ecs:DeleteInstance', { id: 'constructor' }),
      refusal('NotFound', /there is no instance "constructor"/),
    )
    await assert.rejects(
      owner.call('slb:CreateLoadBalancer', { name: 'a', cluster: 'b' } as never),
      refusal('InvalidParameter', /listeners must be a list/),
    )
    await assert.rejects(
      owner.call('ecs:RunInstances', { ...machine('b'), cpus: 0.5 }),
      refusal('InvalidParameter', /cpus must be a whole number/),
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
