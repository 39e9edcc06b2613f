import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StatusError } from '../../machinery/index.ts'
import { type ClusterFamilies, settleClusterIps, settleFamilies } from './families.ts'

const four: ClusterFamilies = ['IPv4']
const both: ClusterFamilies = ['IPv4', 'IPv6']

interface Case {
  readonly name: string
  readonly families: ClusterFamilies
  readonly spec: object
  readonly before?: object
  /** ipFamilyPolicy, ipFamilies, clusterIPs; or the causes of a refusal. */
  readonly gives?: readonly [string | undefined, readonly string[] | undefined, readonly string[] | undefined]
  readonly refused?: readonly string[]
}
const ip4 = '10.0.0.5'
const ip6 = 'fd00::5'
const had = (policy: string, families: readonly string[], ips: readonly string[]) => ({
  type: 'ClusterIP',
  selector: { a: 'b' },
  ipFamilyPolicy: policy,
  ipFamilies: families,
  clusterIP: ips[0],
  clusterIPs: ips,
})
const cases: readonly Case[] = [
  { name: 'nothing asked', families: both, spec: {}, gives: ['SingleStack', ['IPv4'], undefined] },
  {
    name: 'both preferred, both there',
    families: both,
    spec: { ipFamilyPolicy: 'PreferDualStack' },
    gives: ['PreferDualStack', ['IPv4', 'IPv6'], undefined],
  },
  {
    name: 'both preferred, one there',
    families: four,
    spec: { ipFamilyPolicy: 'PreferDualStack' },
    gives: ['PreferDualStack', ['IPv4'], undefined],
  },
  {
    name: 'both required, one there',
    families: four,
    spec: { ipFamilyPolicy: 'RequireDualStack' },
    refused: [
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
  },
  {
    name: 'the other family first',
    families: both,
    spec: { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] },
    gives: ['RequireDualStack', ['IPv6', 'IPv4'], undefined],
  },
  {
    name: 'a family the cluster has not',
    families: four,
    spec: { ipFamilies: ['IPv6'] },
    refused: ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
  },
  {
    name: 'a family that follows from the address',
    families: both,
    spec: { clusterIP: ip6 },
    gives: ['SingleStack', ['IPv6'], [ip6]],
  },
  {
    name: 'an address of a family the cluster has not',
    families: four,
    spec: { clusterIP: ip6 },
    refused: [`spec.clusterIPs[0]: Invalid value: ["${ip6}"]: IPv6 is not configured on this cluster`],
  },
  {
    name: 'one family and two addresses',
    families: both,
    spec: { ipFamilyPolicy: 'SingleStack', clusterIP: ip4, clusterIPs: [ip4, ip6] },
    refused: [
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified",
    ],
  },
  {
    name: 'headless without a selector, on a cluster of one family',
    families: four,
    spec: { clusterIP: 'None' },
    gives: ['RequireDualStack', ['IPv4', 'IPv6'], ['None']],
  },
  {
    name: 'headless with a selector',
    families: both,
    spec: { clusterIP: 'None', selector: { a: 'b' } },
    gives: ['SingleStack', ['IPv4'], ['None']],
  },
  {
    name: 'an update that says nothing keeps everything',
    families: both,
    before: had('RequireDualStack', ['IPv4', 'IPv6'], [ip4, ip6]),
    spec: { selector: { a: 'b' } },
    gives: ['RequireDualStack', ['IPv4', 'IPv6'], [ip4, ip6]],
  },
  {
    name: 'one who prefers both is not widened by itself',
    families: both,
    before: had('PreferDualStack', ['IPv4'], [ip4]),
    spec: { selector: { a: 'b' } },
    gives: ['PreferDualStack', ['IPv4'], [ip4]],
  },
  {
    name: 'widened on demand',
    families: both,
    before: had('SingleStack', ['IPv4'], [ip4]),
    spec: { selector: { a: 'b' }, ipFamilyPolicy: 'PreferDualStack' },
    gives: ['PreferDualStack', ['IPv4', 'IPv6'], [ip4]],
  },
  {
    name: 'narrowed on demand',
    families: both,
    before: had('RequireDualStack', ['IPv4', 'IPv6'], [ip4, ip6]),
    spec: {
      selector: { a: 'b' },
      ipFamilyPolicy: 'SingleStack',
      clusterIPs: [ip4, ip6],
      ipFamilies: ['IPv4', 'IPv6'],
      clusterIP: ip4,
    },
    gives: ['SingleStack', ['IPv4'], [ip4]],
  },
  {
    name: 'a second address dropped without a word',
    families: both,
    before: had('RequireDualStack', ['IPv4', 'IPv6'], [ip4, ip6]),
    spec: { selector: { a: 'b' }, clusterIP: ip4, clusterIPs: [ip4], ipFamilies: ['IPv4', 'IPv6'] },
    refused: [
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary cluster IP',
    ],
  },
]

test('a service has the address families it asks for, had, or the cluster gives', () => {
  for (const { name, families, spec, before, gives, refused } of cases) {
    const draft: any = { metadata: { name: 's' }, spec: { type: 'ClusterIP', ...structuredClone(spec) } }
    const previous = before === undefined ? undefined : ({ metadata: { name: 's' }, spec: before } as never)
    const settle = () => {
      settleClusterIps(draft, previous)
      settleFamilies(draft, previous, families)
    }
    if (refused !== undefined) {
      assert.throws(settle, (error: StatusError) => {
        const causes = (error.status.details as any).causes.map((one: any) => `${one.field}: ${one.message}`)
        assert.deepEqual(causes, refused, name)
        return true
      })
      continue
    }
    settle()
    assert.deepEqual([draft.spec.ipFamilyPolicy, draft.spec.ipFamilies, draft.spec.clusterIPs], gives, name)
  }
})
