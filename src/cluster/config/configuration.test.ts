import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseYamlDocuments } from '../../machinery/index.ts'
import { configurationOf } from './configuration.ts'

const read = (text: string) =>
  configurationOf(
    parseYamlDocuments(text).map(({ value }) => value),
    'f.yaml',
  )
const kubelet = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n'
const proxy = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n'
const encryption = 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n'
const scheduler = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n'

test('documents of every kind are read from one file, and fields without effect are told by name', async () => {
  const text = [
    `${kubelet}maxPods: 50\nhealthzPort: 0\nclusterDNS: [10.0.0.53]\nevictionHard: { memory.available: 5% }\ncpuManagerPolicy: static\nfeatureGates: { X: true }`,
    `${proxy}mode: nftables\nnodePortAddresses: [primary]\nmetricsBindAddress: 0.0.0.0:10249\nbindAddress: 0.0.0.0\nconntrack: { min: 5, tcpEstablishedTimeout: 1h }`,
    `${scheduler}percentageOfNodesToScore: 30\nprofiles:\n- schedulerName: packer\n  plugins:\n    score: { disabled: [{ name: '*' }], enabled: [{ name: NodeResourcesFit, weight: 2 }] }\n    permit: { disabled: [{ name: '*' }] }\n  pluginConfig: [{ name: NodeResourcesFit, args: { apiVersion: kubescheduler.config.k8s.io/v1, kind: NodeResourcesFitArgs, ignoredResources: [a.io/x] } }, { name: Other, args: { x: 1 } }]\nextenders: [{ urlPrefix: http://localhost, filterVerb: f, tlsConfig: { caFile: ca.crt } }]\nleaderElection: { leaderElect: false }`,
    'apiVersion: coxswain.dev/v1alpha1\nkind: ClusterConfiguration\nnodes: [{ count: 3, zone: a }]',
  ].join('\n---\n')
  assert.deepEqual(await read(text), {
    nodeTemplates: [{ count: 3, zone: 'a' }],
    components: {
      kubelet: { maxPods: 50, healthzPort: 0, clusterDNS: ['10.0.0.53'], evictionHard: { 'memory.available': '5%' } },
      proxy: {
        nodePortAddresses: ['primary'],
        metricsBindAddress: '0.0.0.0:10249',
        conntrack: { min: 5, tcpEstablishedTimeout: '1h' },
      },
      scheduler: {
        percentageOfNodesToScore: 30,
        profiles: [
          {
            schedulerName: 'packer',
            plugins: {
              score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit', weight: 2 }] },
              permit: { disabled: [{ name: '*' }] },
            },
            pluginConfig: [{ name: 'NodeResourcesFit', args: { ignoredResources: ['a.io/x'] } }, { name: 'Other' }],
          },
        ],
        extenders: [
          { urlPrefix: 'http://localhost', filterVerb: 'f', tlsConfig: { caFile: join(process.cwd(), 'ca.crt') } },
        ],
      },
    },
    notes: [
      'of KubeletConfiguration, these fields have no effect here: cpuManagerPolicy, featureGates',
      'of KubeProxyConfiguration, these fields have no effect here: bindAddress',
      'of KubeSchedulerConfiguration, these fields have no effect here: leaderElection',
    ],
  })
})

test('gates and served APIs are read as Kubernetes names them', async () => {
  const own = 'apiVersion: coxswain.dev/v1alpha1\nkind: ClusterConfiguration\n'
  const configuration = await read(
    `${own}featureGates: { EnvFiles: false }\nruntimeConfig: { api/beta: true, apps/v1: "" }`,
  )
  assert.ok(!('problem' in configuration))
  assert.deepEqual(configuration.features, {
    gates: { EnvFiles: false },
    runtimeConfig: { 'api/beta': 'true', 'apps/v1': '' },
  })
})

test('an audit policy stands beside where its events go; files it names lie beside the file', async () => {
  const text = [
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{ level: Metadata, resources: [{ group: "", resources: [secrets] }] }]',
    'apiVersion: coxswain.dev/v1alpha1\nkind: ClusterConfiguration\naudit: { log: { maxSize: 5 }, webhook: { configFile: hook.yaml } }',
  ].join('\n---\n')
  const configuration = await read(text)
  assert.ok(!('problem' in configuration))
  assert.deepEqual(configuration.audit, {
    policy: {
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', resources: [{ group: '', resources: ['secrets'] }] }],
    },
    log: { maxSize: 5 },
    webhook: { configFile: join(process.cwd(), 'hook.yaml') },
  })
})

test('an encryption configuration names resources as Kubernetes does, of any group and of all', async () => {
  const secret = Buffer.alloc(32, 7).toString('base64')
  const configuration = await read(
    `${encryption}resources: [{ resources: [secrets, deployments.apps, things.example.com, '*.batch'], providers: [{ aescbc: { keys: [{ name: a, secret: ${secret} }] } }, { identity: {} }] }, { resources: ['*.*'], providers: [{ identity: {} }] }]`,
  )
  assert.ok(!('problem' in configuration))
  assert.deepEqual(configuration.encryption, [
    {
      prefixes: [
        '/registry/secrets/',
        '/registry/deployments/',
        '/registry/example.com/things/',
        '/registry/cronjobs/',
        '/registry/jobs/',
      ],
      providers: [
        { type: 'aescbc', keys: [{ name: 'a', secret }] },
        { type: 'identity', keys: [] },
      ],
    },
    { prefixes: ['/registry/'], providers: [{ type: 'identity', keys: [] }] },
  ])
})

const policy = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n'
const wrong: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  ['a misspelt field', `${kubelet}maxPod: 1`, /KubeletConfiguration: unknown field "maxPod"$/],
  ['a misspelt field deep inside', `${scheduler}profiles: [{ plugns: {} }]`, /unknown field "profiles\[0\]\.plugns"$/],
  ['an audit policy without rules', policy, /Policy: rules must have at least one rule$/],
  ['an unknown level', `${policy}rules: [{ level: All }]`, /rules\[0\]\.level is "All", which is not one of "None",/],
  ['a rule without a level', `${policy}rules: [{}]`, /rules\[0\]\.level must be given$/],
  [
    'paths beside objects',
    `${policy}rules: [{ level: None, nonResourceURLs: [/a*], namespaces: [x] }]`,
    /rules\[0\] has nonResourceURLs beside resources or namespaces/,
  ],
  [
    'a * inside a path',
    `${policy}rules: [{ level: None, nonResourceURLs: [/a*/b] }]`,
    /nonResourceURLs\[0\] is "\/a\*\/b", where \* may only be the last character$/,
  ],
  [
    'a place for events without a policy',
    'apiVersion: coxswain.dev/v1alpha1\nkind: ClusterConfiguration\naudit: { log: {} }',
    /has no audit\.k8s\.io\/v1\/Policy beside it$/,
  ],
  ['encryption of nothing', encryption, /EncryptionConfiguration: resources must have at least one entry$/],
  [
    'encryption of an unknown resource',
    `${encryption}resources: [{ resources: [secret], providers: [{ identity: {} }] }]`,
    /resources\[0\]\.resources\[0\] is "secret", which is no resource$/,
  ],
  [
    'a key of the wrong size',
    `${encryption}resources: [{ resources: [secrets], providers: [{ secretbox: { keys: [{ name: a, secret: YWJj }] } }] }]`,
    /providers\[0\]\.secretbox\.keys\[0\]\.secret must be 32 bytes in base64, and has 3$/,
  ],
  [
    'two providers in one',
    `${encryption}resources: [{ resources: [secrets], providers: [{ identity: {}, aesgcm: { keys: [{ name: a, secret: ${'YWFh'.repeat(5)}YQ== }] } }] }]`,
    /providers\[0\] must have exactly one provider$/,
  ],
  ['a wrong type', `${kubelet}maxPods: many`, /maxPods is "many", which is not a whole number from 0 to 2147483647$/],
  [
    'a soft threshold without its grace period',
    `${kubelet}evictionSoft: { memory.available: 1Gi }`,
    /evictionSoft has memory\.available, of which evictionSoftGracePeriod does not say/,
  ],
  [
    'a list of images without the policy that goes by it',
    `${kubelet}preloadedImagesVerificationAllowlist: [a.io/x]`,
    /preloadedImagesVerificationAllowlist has no meaning unless .* is "NeverVerifyAllowlistedImages"$/,
  ],
  [
    'an image with a tag in that list',
    `${kubelet}preloadedImagesVerificationAllowlist: [a.io/*, a.io/x:1]`,
    /preloadedImagesVerificationAllowlist\[1\] is "a\.io\/x:1", which has a tag or digest$/,
  ],
  ['an unknown signal', `${kubelet}evictionHard: { mem: 1Gi }`, /evictionHard has "mem"; known are memory\.available,/],
  ['thresholds the wrong way round', `${kubelet}imageGCLowThresholdPercent: 90`, /\(90\) must be less than .* \(85\)$/],
  ['another proxy mode', `${proxy}mode: ipvs`, /mode is "ipvs", which is not one of "", "nftables"$/],
  ['a time below nothing', `${proxy}conntrack: { udpTimeout: -1s }`, /conntrack\.udpTimeout is "-1s", .* less than 0$/],
  [
    'an unknown plugin',
    `${scheduler}profiles: [{ plugins: { filter: { enabled: [{ name: Foo }] } } }]`,
    /creating profile for scheduler name default-scheduler: FilterPlugin "Foo" does not exist$/,
  ],
  [
    'two profiles of one name',
    `${scheduler}profiles: [{ schedulerName: a }, { schedulerName: a }]`,
    /KubeSchedulerConfiguration: profiles\[1\]\.schedulerName: Duplicate value: \{\}$/,
  ],
  [
    'a misspelt argument',
    `${scheduler}profiles: [{ pluginConfig: [{ name: VolumeBinding, args: { bindTimeout: 1 } }] }]`,
    /unknown field "profiles\[0\]\.pluginConfig\[0\]\.args\.bindTimeout"$/,
  ],
  [
    'arguments of another plugin',
    `${scheduler}profiles: [{ pluginConfig: [{ name: VolumeBinding, args: { kind: NodeAffinityArgs } }] }]`,
    /args for plugin VolumeBinding were not of type VolumeBindingArgs\.kubescheduler\.config\.k8s\.io, got NodeAffinityArgs\./,
  ],
  ['a kind twice', `${kubelet}---\n${kubelet}`, /has KubeletConfiguration twice$/],
  ['another kind', 'apiVersion: v1\nkind: Pod', /has a v1 Pod, which is not known; known are kubelet\.config/],
]
for (const [what, text, says] of wrong) {
  test(`${what} is refused by name`, async () => {
    const answer = await read(text)
    assert.ok('problem' in answer)
    assert.match(answer.problem, says)
  })
}

test('servers that are asked about tokens and rights are named by kubeconfigs beside the file', async () => {
  const own = { apiVersion: 'coxswain.dev/v1alpha1', kind: 'ClusterConfiguration' }
  const read = (more: object) => configurationOf([{ ...own, ...more }], '/etc/cox/cluster.yaml')
  const both = {
    authentication: { webhook: { configFile: 'tokens.kubeconfig' } },
    authorization: { webhook: { configFile: '/rights.kubeconfig' } },
  }
  const { reviewers } = (await read(both)) as { reviewers?: object }
  assert.deepEqual(reviewers, { authentication: '/etc/cox/tokens.kubeconfig', authorization: '/rights.kubeconfig' })
  const { problem } = (await read({ authentication: {} })) as { problem?: string }
  assert.match(problem ?? '', /authentication\.webhook\.configFile must be given$/)
})

test('Pod Security has its defaults and exemptions from the file', async () => {
  const kind = 'apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n'
  const given = await read(
    `${kind}defaults: { enforce: baseline, enforce-version: v1.30 }\nexemptions: { namespaces: [a] }`,
  )
  const open = { level: 'privileged', version: 'latest' }
  assert.deepEqual((given as { podSecurity?: object }).podSecurity, {
    defaults: { enforce: { level: 'baseline', version: 30 }, audit: open, warn: open },
    exemptions: { usernames: [], namespaces: ['a'], runtimeClasses: [] },
  })
  const { problem } = (await read(`${kind}defaults: { audit: strict }`)) as { problem?: string }
  assert.match(problem ?? '', /PodSecurityConfiguration: defaults\.audit: Invalid value: "strict": must be one of/)
})

test('how many requests are served at once, and how the server goes, is read under the names of Kubernetes’ flags', async () => {
  const own = 'apiVersion: coxswain.dev/v1alpha1\nkind: ClusterConfiguration\n'
  const found = await read(`${own}maxRequestsInflight: 100\nshutdownDelayDuration: 5s`)
  assert.deepEqual('serving' in found && found.serving, { maxRequestsInflight: 100, shutdownDelayDuration: '5s' })
  assert.match(JSON.stringify(await read(`${own}maxRequestsInflight: 0\nmaxMutatingRequestsInflight: 0`)), /are both 0/)
  assert.match(JSON.stringify(await read(`${own}shutdownDelayDuration: 1m`)), /may not be longer than 10s/)
})
