import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podWith } from '../../../test/fixtures/kubelet.ts'
import type { PodSpec } from '../../resources/index.ts'
import { hostnameOf, hostsFile, parseResolvConf, podDns } from './network-files.ts'

const names: readonly [spec: Partial<PodSpec>, name: string, hostname: string, fqdn: string][] = [
  [{}, 'web', 'web', ''],
  [{}, `${'a'.repeat(62)}-bcd`, 'a'.repeat(62), ''],
  [{ hostname: 'h', subdomain: 'sub' }, 'web', 'h', 'h.sub.default.svc.cluster.local'],
  [
    { subdomain: 'sub', setHostnameAsFQDN: true },
    'web',
    'web.sub.default.svc.cluster.local',
    'web.sub.default.svc.cluster.local',
  ],
]
for (const [spec, name, hostname, fqdn] of names)
  test(`hostname of ${name} with ${JSON.stringify(spec)} is ${hostname}`, () => {
    assert.deepEqual(hostnameOf(podWith(spec, { metadata: { name } }), 'cluster.local'), { hostname, fqdn })
  })

const head = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`
const aliases = [{ ip: '1.2.3.4', hostnames: ['foo', 'bar'] }]
const files: readonly [name: string, spec: Partial<PodSpec>, expected: string][] = [
  ['plain', {}, `${head}10.0.0.5\tweb\n`],
  ['of a subdomain', { subdomain: 'sub' }, `${head}10.0.0.5\tweb.sub.default.svc.cluster.local\tweb\n`],
  [
    'with aliases',
    { hostAliases: aliases },
    `${head}10.0.0.5\tweb\n\n# Entries added by HostAliases.\n1.2.3.4\tfoo\tbar\n`,
  ],
  [
    'of the host network',
    { hostNetwork: true, hostAliases: aliases },
    '# Kubernetes-managed hosts file (host network).\n127.0.0.1 node\n\n# Entries added by HostAliases.\n1.2.3.4\tfoo\tbar\n',
  ],
]
for (const [name, spec, expected] of files)
  test(`hosts file ${name}`, () => {
    assert.equal(hostsFile(podWith(spec), ['10.0.0.5'], 'cluster.local', '127.0.0.1 node\n'), expected)
  })

const cluster = { domain: 'cluster.local', servers: ['10.96.0.10'] }
const node = parseResolvConf('# comment\nnameserver 9.9.9.9\nsearch example.com .\noptions timeout:1 rotate\n')
const inCluster = {
  servers: ['10.96.0.10'],
  searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
  options: ['ndots:5'],
}
const ofNode = { servers: ['9.9.9.9'], searches: ['example.com'], options: ['timeout:1', 'rotate'] }
const policies: readonly [name: string, spec: Partial<PodSpec>, expected: object][] = [
  ['ClusterFirst', {}, inCluster],
  ['ClusterFirst on the host network', { hostNetwork: true }, ofNode],
  ['ClusterFirstWithHostNet', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }, inCluster],
  ['Default', { dnsPolicy: 'Default' }, ofNode],
  [
    'None with its own settings',
    {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['1.1.1.1'],
        searches: ['my.dns'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    },
    { servers: ['1.1.1.1'], searches: ['my.dns'], options: ['ndots:2', 'edns0'] },
  ],
  [
    'ClusterFirst with an option of its own',
    { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
    { ...inCluster, options: ['ndots:1'] },
  ],
]
for (const [name, spec, expected] of policies)
  test(`dns of a pod with ${name}`, () => assert.deepEqual(podDns(podWith(spec), cluster, node), expected))
