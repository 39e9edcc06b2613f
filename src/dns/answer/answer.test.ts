import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice, Service } from '../../resources/index.ts'
import { answerOf } from './answer.ts'
import type { Names } from './index-of-names.ts'

const service = (name: string, spec: object) => ({ metadata: { name, namespace: 'shop' }, spec }) as unknown as Service
const services = [
  service('web', {
    type: 'ClusterIP',
    clusterIP: '10.96.0.20',
    clusterIPs: ['10.96.0.20'],
    ports: [
      { name: 'http', port: 80 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  }),
  service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
  service('gone', { clusterIP: 'None', ports: [] }),
  service('outside', { type: 'ExternalName', externalName: 'example.org' }),
]
const slices = [
  {
    metadata: { name: 'db-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
    addressType: 'IPv4',
    ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['10.244.0.7'], hostname: 'db-0', conditions: { ready: true } },
      { addresses: ['10.244.0.8'], conditions: { ready: true } },
      { addresses: ['10.244.0.9'], conditions: { ready: false } },
    ],
  },
] as unknown as EndpointSlice[]
const names: Names = {
  service: (namespace, name) => (namespace === 'shop' ? services.find((one) => one.metadata.name === name) : undefined),
  slicesOf: (namespace, name) =>
    slices.filter(
      (slice) =>
        slice.metadata.namespace === namespace && slice.metadata.labels?.['kubernetes.io/service-name'] === name,
    ),
  hasNamespace: (name) => name === 'shop',
  servicesAt: (ip) => services.filter((one) => one.spec?.clusterIPs?.includes(ip)),
  slicesAt: (ip) => slices.filter((slice) => slice.endpoints?.some(({ addresses }) => addresses.includes(ip))),
}
const cases: readonly { readonly ask: string; readonly expect: string }[] = [
  { ask: 'A web.shop.svc.cluster.local', expect: 'NOERROR 10.96.0.20' },
  { ask: 'A WEB.Shop.svc.cluster.local', expect: 'NOERROR 10.96.0.20' },
  { ask: 'AAAA web.shop.svc.cluster.local', expect: 'NOERROR' },
  { ask: 'SRV _http._tcp.web.shop.svc.cluster.local', expect: 'NOERROR 80 web.shop.svc.cluster.local' },
  { ask: 'SRV _http._udp.web.shop.svc.cluster.local', expect: 'NXDOMAIN' },
  {
    ask: 'SRV web.shop.svc.cluster.local',
    expect: 'NOERROR 80 web.shop.svc.cluster.local, 53 web.shop.svc.cluster.local',
  },
  { ask: 'A db.shop.svc.cluster.local', expect: 'NOERROR 10.244.0.7, 10.244.0.8' },
  { ask: 'A db-0.db.shop.svc.cluster.local', expect: 'NOERROR 10.244.0.7' },
  { ask: 'A 10-244-0-8.db.shop.svc.cluster.local', expect: 'NOERROR 10.244.0.8' },
  {
    ask: 'SRV _sql._tcp.db.shop.svc.cluster.local',
    expect: 'NOERROR 5432 db-0.db.shop.svc.cluster.local, 5432 10-244-0-8.db.shop.svc.cluster.local',
  },
  { ask: 'A gone.shop.svc.cluster.local', expect: 'NXDOMAIN' },
  { ask: 'A nobody.shop.svc.cluster.local', expect: 'NXDOMAIN' },
  { ask: 'A web.elsewhere.svc.cluster.local', expect: 'NXDOMAIN' },
  { ask: 'A shop.svc.cluster.local', expect: 'NOERROR' },
  { ask: 'A svc.cluster.local', expect: 'NOERROR' },
  { ask: 'A outside.shop.svc.cluster.local', expect: 'NOERROR example.org, then example.org' },
  { ask: 'CNAME outside.shop.svc.cluster.local', expect: 'NOERROR example.org' },
  { ask: 'A 10-244-0-3.shop.pod.cluster.local', expect: 'NOERROR 10.244.0.3' },
  { ask: 'A nonsense.shop.pod.cluster.local', expect: 'NXDOMAIN' },
  { ask: 'PTR 20.0.96.10.in-addr.arpa', expect: 'NOERROR web.shop.svc.cluster.local' },
  { ask: 'PTR 7.0.244.10.in-addr.arpa', expect: 'NOERROR db-0.db.shop.svc.cluster.local' },
  { ask: 'PTR 1.1.1.1.in-addr.arpa', expect: 'not ours' },
  { ask: 'A example.org', expect: 'not ours' },
  { ask: 'TXT dns-version.cluster.local', expect: 'NOERROR 1.1.0' },
]
for (const { ask, expect } of cases) {
  test(`dns answers ${ask} with ${expect}`, () => {
    const [type = '', name = ''] = ask.split(' ')
    const answer = answerOf({ name, type }, names, 'cluster.local')
    if (answer === undefined) return assert.equal('not ours', expect)
    const shown = answer.answers
      .map(({ data }) => (typeof data === 'string' ? data : `${(data as any).port} ${(data as any).target}`))
      .join(', ')
    assert.equal(
      `${answer.rcode}${shown === '' ? '' : ` ${shown}`}${answer.follow === undefined ? '' : `, then ${answer.follow}`}`,
      expect,
    )
    // Negative answers carry the zone's SOA, so that they may be cached.
    if (answer.answers.length === 0)
      assert.deepEqual(
        answer.authorities.map((one) => one.type),
        ['SOA'],
      )
    for (const one of answer.answers) assert.equal(one.name, name)
  })
}
