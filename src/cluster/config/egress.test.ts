import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEgress } from './egress.ts'

const http = (transport: object, name = 'cluster') => ({
  name,
  connection: { proxyProtocol: 'HTTPConnect', transport },
})
const grpc = (transport: object | undefined, name = 'cluster') => ({
  name,
  connection: { proxyProtocol: 'GRPC', ...(transport === undefined ? {} : { transport }) },
})
const read = (...egressSelections: object[]) => readEgress({ egressSelections }, '/etc/cluster')

test('the ways out are read by the part of the network they lead to', () => {
  assert.deepEqual(readEgress({}, '/'), {})
  assert.deepEqual(
    read(
      { name: 'etcd', connection: { proxyProtocol: 'Direct' } },
      http({ tcp: { url: 'http://[::1]:8131' } }, 'ControlPlane'),
      grpc({ uds: { udsName: 'proxy.sock' } }),
    ),
    {
      controlplane: { at: { host: '::1', port: 8131 } },
      cluster: { protocol: 'GRPC', at: { path: '/etc/cluster/proxy.sock' } },
    },
  )
})

test('a way out that cannot be is refused in Kubernetes’ words', () => {
  const tcp = (more: object) => http({ tcp: more })
  const cases: readonly (readonly [object[], string])[] = [
    [
      [{ name: 'cluster', connection: {} }],
      'service.connection.protocol: Unsupported value: "": supported values: "Direct", "HTTPConnect", "GRPC"',
    ],
    [
      [{ name: 'cluster', connection: { proxyProtocol: 'Direct', transport: {} } }],
      'service.connection.transport: Invalid value: "direct": config must be absent for direct connect',
    ],
    [
      [{ name: 'cluster', connection: { proxyProtocol: 'HTTPConnect' } }],
      'service.connection.transport: Required value: transport must be set for HTTPConnect',
    ],
    [[grpc(undefined)], 'service.connection.transport: Required value: transport must be set for GRPC'],
    [[grpc({ tcp: { url: 'http://a' } })], 'service.connection.uds: Required value: UDS must be set with GRPC'],
    [[grpc({ uds: {} })], 'service.connection.udsName: Invalid value: "nil": must be present for UDS connections'],
    [[http({})], 'service.connection.tcp: Required value: One of TCP or UDS must be set'],
    [[http({ uds: {} })], 'service.connection.udsName: Invalid value: "nil": must be present for UDS connections'],
    [
      [tcp({ url: 'socks://a' })],
      'service.connection.url: Invalid value: "socks://a": supported connection protocols are http:// and https://',
    ],
    [
      [tcp({ url: 'http://a', tlsConfig: {} })],
      'service.connection.tlsConfig: Invalid value: "nil": config must not be present when using HTTP',
    ],
    [
      [tcp({ url: 'https://a' })],
      'service.connection.tlsConfig: Required value: TLSConfig must be present when using HTTPS',
    ],
    [
      [tcp({ url: 'https://a', tlsConfig: {} })],
      'service.connection.tlsConfig.clientCert: Invalid value: "nil": Using TLS requires clientCert',
    ],
    [
      [tcp({ url: 'https://a', tlsConfig: { caBundle: 'none.pem' } })],
      'service.connection.tlsConfig.caBundle: Invalid value: "none.pem": TLS config ca bundle does not exist',
    ],
    [
      [http({ uds: { udsName: 'a' } }), http({ uds: { udsName: 'b' } }, 'Cluster')],
      'service.connection[1]: Duplicate value: "cluster"',
    ],
    [
      [http({ uds: { udsName: 'a' } }, 'nodes')],
      'service.connection: Unsupported value: "nodes": supported values: "cluster", "controlplane", "etcd"',
    ],
  ]
  for (const [selections, message] of cases) assert.throws(() => read(...selections), { message })
})
