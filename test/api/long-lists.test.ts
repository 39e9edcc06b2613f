import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { type EndpointSlice, type Endpoints, endpointSlices, endpoints } from '../../src/resources/index.ts'

const openCluster = () => startCluster({ nodes: 0, without: ['controllers', 'scheduler'] })
const metadata = { namespace: 'default', name: 'web' }
const slice = (ips: readonly string[]): any => ({
  ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4' },
  ports: [{ port: 80 }],
  endpoints: ips.map((ip) => ({ addresses: [ip], nodeName: 'node-1' })),
})
const few = (ips: readonly string[]): any => ({
  ...{ apiVersion: 'v1', kind: 'Endpoints', metadata },
  subsets: [{ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 80 }] }],
})
const tens = Array.from({ length: 30 }, (_, at) => `10.0.0.${at + 1}`)

test('what a writer leaves as it is in a slice or in Endpoints stays the very same, and what is new is read as ever', async () => {
  await using cluster = await openCluster()
  const { client } = cluster
  const made = await client.create(endpointSlices, slice(tens))
  const kept = made.endpoints!.filter((_, at) => at !== 3)
  const added = { addresses: ['10.0.0.99'], conditions: {}, unknown: 1 } as object
  const changed = await client.update(endpointSlices, {
    ...made,
    endpoints: [kept[4]!, ...kept, added],
  } as EndpointSlice)
  assert.equal(changed.endpoints!.length, 31)
  assert.equal(changed.endpoints![1], kept[0])
  assert.equal(changed.endpoints![0], kept[4])
  assert.deepEqual(changed.endpoints!.at(-1), { addresses: ['10.0.0.99'], conditions: {} })
  assert.equal(changed.metadata.generation, 2)
  const one = await client.create(endpoints, few(tens))
  const addresses = one.subsets![0]!.addresses!
  const subsets = [{ ...one.subsets![0]!, addresses: [...addresses.slice(1), { ip: '10.0.0.99' }] }]
  const other = await client.update(endpoints, { ...one, subsets } as Endpoints)
  assert.equal(other.subsets![0]!.addresses![0], addresses[1])
  assert.deepEqual(other.subsets![0]!.ports, [{ port: 80, protocol: 'TCP' }])
  // Nothing changed is not written.
  assert.equal((await client.update(endpoints, other)).metadata.resourceVersion, other.metadata.resourceVersion)
})

test('what is wrong with an address that came to a long list is said with its place', async () => {
  await using cluster = await openCluster()
  const { client } = cluster
  const made = await client.create(endpointSlices, slice(tens))
  const bad = [...made.endpoints!.slice(0, 9), { addresses: ['10.0.0.300'] }, ...made.endpoints!.slice(9)]
  await assert.rejects(client.update(endpointSlices, { ...made, endpoints: bad } as EndpointSlice), (error: Error) =>
    error.message.includes('endpoints[9].addresses[0]: Invalid value: "10.0.0.300"'),
  )
  const one = await client.create(endpoints, few(tens))
  const subsets = [{ ...one.subsets![0]!, notReadyAddresses: [{ ip: 'none' }] }]
  await assert.rejects(client.update(endpoints, { ...one, subsets } as Endpoints), (error: Error) =>
    error.message.includes('subsets[0].notReadyAddresses[0].ip: Invalid value: "none"'),
  )
  // That there would be addresses of another type is said, and not that those that are there would be of the wrong one.
  await assert.rejects(client.update(endpointSlices, { ...made, addressType: 'IPv6' }), (error: Error) =>
    error.message.endsWith('is invalid: addressType: Invalid value: "IPv6": field is immutable'),
  )
})

test('what cannot be read is refused before it is known that there is nothing to replace', async () => {
  await using cluster = await openCluster()
  const unreadable = { ...slice(tens), endpoints: 1 } as EndpointSlice
  await assert.rejects(cluster.client.update(endpointSlices, unreadable), { code: 400 })
  await assert.rejects(cluster.client.update(endpointSlices, slice(tens)), { code: 404 })
})
