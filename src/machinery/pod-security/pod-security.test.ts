/** The cases of Kubernetes' own Pod Security fixtures, told again as changes of the least pod that a standard allows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podViolations, violationsByReason, violationsText } from './evaluate.ts'
import { type PodSecurityStandard, podSecurityPolicyOf, standardText, statedPolicyText } from './policy.ts'
import type { SecuredPod } from './shapes.ts'

type Pod = { annotations: Record<string, string>; spec: any }
type Change = (pod: Pod) => void

/** The least pod that a level allows from a minor release on; everything is there to be changed. */
function leastPod(level: string, minor: number, os?: string): Pod {
  const isStrict = level === 'restricted'
  const exempt = os === 'windows' && minor >= 25
  const container = (name: string) => ({
    name,
    securityContext: {
      ...(isStrict && minor >= 8 && !exempt ? { allowPrivilegeEscalation: false } : {}),
      capabilities: isStrict && minor >= 22 && !exempt ? { drop: ['ALL'] } : {},
      seLinuxOptions: {},
    } as any,
  })
  return {
    annotations: {},
    spec: {
      ...(os === undefined ? {} : { os: { name: os } }),
      securityContext: {
        seLinuxOptions: {},
        ...(isStrict ? { runAsNonRoot: true } : {}),
        ...(isStrict && minor >= 19 && !exempt ? { seccompProfile: { type: 'RuntimeDefault' } } : {}),
      },
      initContainers: [container('initcontainer1')],
      containers: [container('container1')],
    },
  }
}

const securedBy =
  (where: 'pod' | 'main' | 'init', context: object): Change =>
  ({ spec }) => {
    const of = { pod: spec, main: spec.containers[0], init: spec.initContainers[0] }[where]
    of.securityContext = { ...of.securityContext, ...context }
  }
const specWith =
  (more: object): Change =>
  ({ spec }) =>
    void Object.assign(spec, more)
const mainWith =
  (more: object): Change =>
  ({ spec }) =>
    void Object.assign(spec.containers[0], more)
const initWith =
  (more: object): Change =>
  ({ spec }) =>
    void Object.assign(spec.initContainers[0], more)
const annotated =
  (key: string, value: string): Change =>
  ({ annotations }) =>
    void (annotations[key] = value)
const all =
  (...changes: readonly Change[]): Change =>
  (pod) => {
    for (const change of changes) change(pod)
  }
const volume = (source: object, name = 'volume1') => specWith({ volumes: [{ name, ...source }] })
const unmasked = { procMount: 'Unmasked' }
const sysctl = (name: string) => securedBy('pod', { sysctls: [{ name, value: '0' }] })
const everyDefaultCapability =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  )
const otherVolumeSources =
  'gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker fc azureFile vsphereVolume quobyte azureDisk portworxVolume scaleIO storageos hostPath'.split(
    ' ',
  )

interface Fixture {
  readonly reason: string
  readonly level: 'baseline' | 'restricted'
  readonly from: number
  readonly to?: number
  readonly pass?: readonly Change[]
  readonly fail?: readonly Change[]
}

const appArmor = 'container.apparmor.security.beta.kubernetes.io/'
const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompOf = 'container.seccomp.security.alpha.kubernetes.io/'
const runtimeDefault = { seccompProfile: { type: 'RuntimeDefault' } }
const localhost = { seccompProfile: { type: 'Localhost', localhostProfile: 'testing' } }
const unconfined = { seccompProfile: { type: 'Unconfined' } }
const noProfile = { seccompProfile: undefined }
const probe = (handler: object) => ({ livenessProbe: handler })

const fixtures: readonly Fixture[] = [
  {
    reason: 'forbidden AppArmor profile',
    level: 'baseline',
    from: 0,
    pass: [annotated(`${appArmor}container1`, 'runtime/default'), annotated(`${appArmor}container1`, 'localhost/foo')],
    fail: [
      annotated(`${appArmor}container1`, 'unconfined'),
      annotated(`${appArmor}initcontainer1`, 'unconfined'),
      securedBy('pod', { appArmorProfile: { type: 'Unconfined' } }),
      securedBy('init', { appArmorProfile: { type: 'Unconfined' } }),
    ],
  },
  {
    reason: 'host namespaces',
    level: 'baseline',
    from: 0,
    fail: [specWith({ hostIPC: true }), specWith({ hostNetwork: true }), specWith({ hostPID: true })],
  },
  {
    reason: 'hostPort',
    level: 'baseline',
    from: 0,
    pass: [all(mainWith({ ports: [{ containerPort: 12345 }] }), initWith({ ports: [{ containerPort: 12346 }] }))],
    fail: [
      mainWith({ ports: [{ containerPort: 12345, hostPort: 12345 }] }),
      initWith({ ports: [{ containerPort: 12346, hostPort: 12346 }, { containerPort: 12348 }] }),
    ],
  },
  {
    reason: 'probe or lifecycle host',
    level: 'baseline',
    from: 34,
    pass: [mainWith(probe({ httpGet: { port: 8080 } })), mainWith({ readinessProbe: { tcpSocket: { port: 8080 } } })],
    fail: [
      mainWith(probe({ httpGet: { host: 'bad.host', port: 8080 } })),
      initWith({ restartPolicy: 'Always', readinessProbe: { tcpSocket: { host: '8.8.8.8', port: 8080 } } }),
      mainWith({ lifecycle: { postStart: { httpGet: { host: 'bad.host', port: 8080 } } } }),
      mainWith(probe({ httpGet: { host: '127.0.0.1', port: 8080 } })),
      mainWith({ startupProbe: { tcpSocket: { host: '::1', port: 8080 } } }),
    ],
  },
  {
    reason: 'probe or lifecycle host',
    level: 'baseline',
    from: 0,
    to: 33,
    pass: [mainWith(probe({ httpGet: { host: 'bad.host', port: 8080 } }))],
  },
  {
    reason: 'privileged',
    level: 'baseline',
    from: 0,
    pass: [all(securedBy('main', { privileged: false }), securedBy('init', { privileged: false }))],
    fail: [securedBy('main', { privileged: true }), securedBy('init', { privileged: true })],
  },
  {
    reason: 'procMount',
    level: 'baseline',
    from: 0,
    to: 34,
    pass: [all(securedBy('main', { procMount: 'Default' }), specWith({ hostUsers: false }))],
    fail: [
      all(securedBy('main', unmasked), specWith({ hostUsers: false })),
      all(securedBy('init', unmasked), specWith({ hostUsers: false })),
    ],
  },
  {
    reason: 'procMount',
    level: 'baseline',
    from: 35,
    fail: [securedBy('main', unmasked), all(securedBy('init', unmasked), specWith({ hostUsers: true }))],
  },
  {
    reason: 'procMount',
    level: 'restricted',
    from: 35,
    fail: [all(securedBy('main', unmasked), specWith({ hostUsers: false }))],
  },
  {
    reason: 'seLinuxOptions',
    level: 'baseline',
    from: 0,
    pass: [
      securedBy('pod', { seLinuxOptions: undefined }),
      all(
        securedBy('pod', { seLinuxOptions: { type: 'container_t' } }),
        securedBy('main', { seLinuxOptions: { type: 'container_init_t', level: 'somevalue' } }),
        securedBy('init', { seLinuxOptions: { type: 'container_kvm_t' } }),
      ),
    ],
    fail: [
      ...(['pod', 'main', 'init'] as const).map((one) => securedBy(one, { seLinuxOptions: { type: 'somevalue' } })),
      securedBy('pod', { seLinuxOptions: { user: 'somevalue' } }),
      securedBy('pod', { seLinuxOptions: { role: 'somevalue' } }),
    ],
  },
  {
    reason: 'seLinuxOptions',
    level: 'baseline',
    from: 0,
    to: 30,
    fail: [securedBy('main', { seLinuxOptions: { type: 'container_engine_t' } })],
  },
  {
    reason: 'seLinuxOptions',
    level: 'baseline',
    from: 31,
    pass: [securedBy('main', { seLinuxOptions: { type: 'container_engine_t' } })],
  },
  {
    reason: 'seccompProfile',
    level: 'baseline',
    from: 0,
    to: 18,
    pass: [all(annotated(seccompPod, 'runtime/default'), annotated(`${seccompOf}container1`, 'localhost/testing'))],
    fail: [
      annotated(seccompPod, 'unconfined'),
      annotated(`${seccompOf}container1`, 'unconfined'),
      annotated(`${seccompOf}initcontainer1`, 'unconfined'),
    ],
  },
  {
    reason: 'seccompProfile',
    level: 'baseline',
    from: 19,
    pass: [all(securedBy('pod', runtimeDefault), securedBy('main', runtimeDefault))],
    fail: (['pod', 'main', 'init'] as const).map((one) => securedBy(one, unconfined)),
  },
  {
    reason: 'seccompProfile',
    level: 'restricted',
    from: 19,
    pass: [
      securedBy('pod', localhost),
      all(securedBy('pod', noProfile), securedBy('main', runtimeDefault), securedBy('init', localhost)),
    ],
    fail: [
      securedBy('pod', noProfile),
      all(securedBy('pod', noProfile), securedBy('main', runtimeDefault)),
      all(securedBy('pod', noProfile), securedBy('init', runtimeDefault)),
      all(securedBy('pod', noProfile), securedBy('main', runtimeDefault), securedBy('init', unconfined)),
    ],
  },
  {
    reason: 'forbidden sysctls',
    level: 'baseline',
    from: 0,
    pass: [sysctl('kernel.shm_rmid_forced'), sysctl('net.ipv4.ip_unprivileged_port_start')],
    fail: [sysctl('othersysctl')],
  },
  ...(
    [
      [27, 'net.ipv4.ip_local_reserved_ports'],
      [29, 'net.ipv4.tcp_fin_timeout'],
      [32, 'net.ipv4.tcp_wmem'],
    ] as const
  ).flatMap(([from, name]): readonly Fixture[] => [
    { reason: 'forbidden sysctls', level: 'baseline', from: 0, to: from - 1, fail: [sysctl(name)] },
    { reason: 'forbidden sysctls', level: 'baseline', from, pass: [sysctl(name)] },
  ]),
  {
    reason: 'hostProcess',
    level: 'baseline',
    from: 0,
    fail: (['pod', 'main', 'init'] as const).map((one) => securedBy(one, { windowsOptions: { hostProcess: true } })),
  },
  {
    reason: 'restricted volume types',
    level: 'restricted',
    from: 0,
    pass: 'configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret'
      .split(' ')
      .map((source) => volume({ [source]: {} })),
    fail: otherVolumeSources.map((source) => volume({ [source]: {} })),
  },
  {
    reason: 'runAsNonRoot != true',
    level: 'restricted',
    from: 0,
    pass: [
      all(
        securedBy('pod', { runAsNonRoot: undefined }),
        securedBy('main', { runAsNonRoot: true }),
        securedBy('init', { runAsNonRoot: true }),
      ),
    ],
    fail: [
      securedBy('pod', { runAsNonRoot: undefined }),
      securedBy('pod', { runAsNonRoot: false }),
      securedBy('main', { runAsNonRoot: false }),
      securedBy('init', { runAsNonRoot: false }),
    ],
  },
  {
    reason: 'runAsUser=0',
    level: 'restricted',
    from: 23,
    pass: [all(securedBy('pod', { runAsUser: 1000 }), securedBy('main', { runAsUser: 1000 }))],
    fail: (['pod', 'main', 'init'] as const).map((one) => securedBy(one, { runAsUser: 0 })),
  },
  {
    reason: 'runAsUser=0',
    level: 'restricted',
    from: 35,
    pass: [all(securedBy('pod', { runAsUser: 0, runAsNonRoot: false }), specWith({ hostUsers: false }))],
  },
  {
    reason: 'allowPrivilegeEscalation != false',
    level: 'restricted',
    from: 8,
    fail: [
      securedBy('main', { allowPrivilegeEscalation: true }),
      securedBy('init', { allowPrivilegeEscalation: true }),
      securedBy('main', { allowPrivilegeEscalation: undefined }),
      mainWith({ securityContext: undefined }),
    ],
  },
  {
    reason: 'unrestricted capabilities',
    level: 'restricted',
    from: 22,
    pass: [securedBy('main', { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })],
    fail: [
      securedBy('main', { capabilities: { drop: [] } }),
      securedBy('init', { capabilities: { drop: [] } }),
      securedBy('main', { capabilities: { drop: ['SYS_TIME', 'NET_RAW', 'CHOWN'] } }),
      securedBy('main', { capabilities: { drop: ['ALL'], add: everyDefaultCapability } }),
    ],
  },
  {
    reason: 'non-default capabilities',
    level: 'baseline',
    from: 0,
    pass: [securedBy('main', { capabilities: { add: everyDefaultCapability } })],
    fail: [
      securedBy('main', { capabilities: { add: ['NET_RAW'] } }),
      securedBy('init', { capabilities: { add: ['NET_RAW'] } }),
      securedBy('main', { capabilities: { add: ['chown'] } }),
      securedBy('main', { capabilities: { add: ['CAP_CHOWN'] } }),
    ],
  },
  {
    reason: 'hostPath volumes',
    level: 'baseline',
    from: 0,
    fail: [
      specWith({
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'b', hostPath: { path: '/a' } },
        ],
      }),
      volume({ hostPath: { path: '/a' } }),
    ],
  },
]

const newest = 36
const changed = (pod: Pod, change: Change): SecuredPod => {
  change(pod)
  return pod
}

test('every fixture is let through or refused for its reason, in every release that has the check', () => {
  for (const { reason, level, from, to = newest, pass = [], fail = [] } of fixtures) {
    for (let minor = from; minor <= to; minor++) {
      const standard = { level, version: minor } as const
      for (const [index, change] of pass.entries()) {
        const found = podViolations(standard, changed(leastPod(level, minor), change))
        assert.deepEqual(found, [], `${reason}, ${standardText(standard)}, pass ${index}`)
      }
      for (const [index, change] of fail.entries()) {
        const found = podViolations(standard, changed(leastPod(level, minor), change))
        assert.match(violationsText(found), new RegExp(reason), `${standardText(standard)}, fail ${index}`)
      }
    }
  }
})

test('what the baseline refuses the restricted level refuses too, or says its own way', () => {
  const reworded: Record<string, string> = {
    'hostPath volumes': 'restricted volume types',
    'non-default capabilities': 'unrestricted capabilities|non-default capabilities',
  }
  for (const { reason, level, from, to = newest, fail = [] } of fixtures) {
    if (level !== 'baseline') continue
    for (let minor = from; minor <= to; minor++)
      for (const change of fail) {
        const found = podViolations(
          { level: 'restricted', version: minor },
          changed(leastPod('restricted', minor), change),
        )
        assert.match(violationsText(found), new RegExp(reworded[reason] ?? reason))
      }
  }
})

test('the least pods of each level are allowed, and from v1.25 on Windows pods need not say what means nothing to them', () => {
  for (let minor = 0; minor <= newest; minor++)
    for (const level of ['baseline', 'restricted'] as const)
      for (const os of [undefined, 'linux', 'windows'])
        assert.deepEqual(podViolations({ level, version: minor }, leastPod(level, minor, os)), [])
})

test('what is wrong is said in Kubernetes’ words', () => {
  const latest = { level: 'restricted', version: 'latest' } as const
  const bare = { annotations: {}, spec: { containers: [{ name: 'a' }, { name: 'b' }] } }
  assert.equal(
    violationsText(podViolations(latest, bare)),
    'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), ' +
      'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), ' +
      'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), ' +
      'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  )
  const wild = changed(
    { annotations: { [`${appArmor}a`]: 'x' }, spec: { ...cloned(bare.spec), hostPID: true, hostNetwork: true } },
    ({ spec }) => {
      spec.containers[0].ports = [{ hostPort: 80 }, { hostPort: 443 }]
      spec.containers[1].securityContext = { privileged: true, seLinuxOptions: { type: 'x', user: 'y' } }
      spec.securityContext = { appArmorProfile: { type: 'Unconfined' }, seLinuxOptions: { role: 'z' } }
      spec.volumes = [{ name: 'v', hostPath: {} }]
    },
  )
  assert.equal(
    violationsText(podViolations({ level: 'baseline', version: 'latest' }, wild)),
    `forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "${appArmor}a="x""), ` +
      'host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "v"), ' +
      'hostPort (container "a" uses hostPorts 443, 80), ' +
      'privileged (container "b" must not set securityContext.privileged=true), ' +
      'seLinuxOptions (pod and container "b" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set; role may not be set)',
  )
})
const cloned = (spec: object): any => JSON.parse(JSON.stringify(spec))

test('pods that violate alike are named by the first of them', () => {
  const violations = [{ reason: 'hostPort', detail: '' }]
  const pods = ['c', 'b', 'a'].map((name) => ({ name, violations }))
  assert.deepEqual(violationsByReason([...pods, { name: 'd', violations: [] }]), ['a (and 2 other pods): hostPort'])
  assert.deepEqual(violationsByReason(pods.slice(0, 2)), ['b (and 1 other pod): hostPort'])
  assert.deepEqual(violationsByReason(pods.slice(0, 1)), ['c: hostPort'])
})

test('labels make a policy, and what cannot be read of them is an error', () => {
  const open = { level: 'privileged', version: 'latest' } as const
  const defaults = { enforce: open, audit: open, warn: open }
  const label = (more: Record<string, string>) =>
    Object.fromEntries(Object.entries(more).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]))
  const text = (one: PodSecurityStandard) => standardText(one)
  const cases = [
    { labels: {}, policy: 'privileged:latest privileged:latest privileged:latest', errors: [] },
    { labels: { enforce: 'baseline' }, policy: 'baseline:latest privileged:latest baseline:latest', errors: [] },
    {
      labels: { enforce: 'baseline', 'enforce-version': 'v1.20', warn: 'restricted' },
      policy: 'baseline:v1.20 privileged:latest restricted:latest',
      errors: [],
    },
    {
      labels: { enforce: 'restricted', 'enforce-version': 'v1.20' },
      policy: 'restricted:v1.20 privileged:latest restricted:v1.20',
      errors: [],
    },
    {
      labels: { enforce: 'strict', 'audit-version': 'v2.0', audit: 'x', warn: 'y' },
      policy: 'restricted:latest privileged:latest privileged:latest',
      errors: [
        'metadata.labels[pod-security.kubernetes.io/enforce] Invalid value: "strict": must be one of privileged, baseline, restricted',
        'metadata.labels[pod-security.kubernetes.io/audit] Invalid value: "x": must be one of privileged, baseline, restricted',
        'metadata.labels[pod-security.kubernetes.io/audit-version] Invalid value: "v2.0": must be "latest" or "v1.x"',
        'metadata.labels[pod-security.kubernetes.io/warn] Invalid value: "y": must be one of privileged, baseline, restricted',
      ],
    },
  ]
  for (const { labels, policy, errors } of cases) {
    const found = podSecurityPolicyOf(label(labels as Record<string, string>), defaults)
    assert.equal([found.policy.enforce, found.policy.audit, found.policy.warn].map(text).join(' '), policy)
    assert.deepEqual(
      found.errors.map(({ field, message }) => `${field} ${message}`),
      errors,
    )
  }
  const stated = label({ enforce: 'baseline', audit: 'privileged' })
  assert.equal(statedPolicyText(podSecurityPolicyOf(stated, defaults).policy, stated), 'enforce=baseline:latest')
})
