import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { readAdmission } from './admission.ts'
import { followedDirectory } from './followed-directory.ts'

const directory = mkdtempSync(join(tmpdir(), 'cox-admission-'))
after(() => rmSync(directory, { recursive: true }))
const asked: string[] = []
const read = (
  config: string | undefined,
  enabled: readonly string[] = [],
  disabled: readonly string[] = [],
  manifests = false,
) => {
  const configFile = join(directory, 'admission.yaml')
  if (config !== undefined) writeFileSync(configFile, config)
  const postTo = (file: string) => {
    asked.push(file)
    return async () => ({})
  }
  const following = { manifests, clock: manualClock(), serverId: 'one', complain() {} }
  return readAdmission({ enabled, disabled, ...(config === undefined ? {} : { configFile }) }, postTo, following)
}
const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n'

test('plugins that are not known, or both on and off, are refused as kube-apiserver does', async () => {
  await assert.rejects(read(undefined, ['Nothing']), {
    message: 'enable-admission-plugins plugin "Nothing" is unknown',
  })
  await assert.rejects(read(undefined, [], ['X']), { message: 'disable-admission-plugins plugin "X" is unknown' })
  await assert.rejects(read(undefined, ['Priority'], ['Priority']), {
    message: 'Priority in enable-admission-plugins and disable-admission-plugins overlapped',
  })
  await assert.rejects(read(undefined, ['ImagePolicyWebhook']), {
    message: 'failed to initialize admission plugin "ImagePolicyWebhook": no config specified',
  })
  assert.deepEqual(await read(undefined, ['AlwaysPullImages']), {
    enabled: ['AlwaysPullImages'],
    disabled: [],
    configurations: {},
  })
})

test('an AdmissionConfiguration says what plugins go by, in it or in files beside it', async () => {
  writeFileSync(
    join(directory, 'images.yaml'),
    'imagePolicy: { kubeConfigFile: images.kubeconfig, allowTTL: 50, denyTTL: -1, defaultAllow: true }\n',
  )
  const { configurations } = await read(
    `${head}- name: EventRateLimit
  configuration:
    apiVersion: eventratelimit.admission.k8s.io/v1alpha1
    kind: Configuration
    limits: [{ type: Server, qps: 5, burst: 10 }]
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: { enforce: baseline }
- name: PodTolerationRestriction
  configuration:
    apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1
    kind: Configuration
    default: [{ key: a, operator: Exists }]
- name: PodNodeSelector
  configuration: { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: 'a=b' } }
- { name: ImagePolicyWebhook, path: images.yaml }
- { name: NotOfThisVersion, configuration: {} }
`,
  )
  const { post: _, ...images } = configurations!.ImagePolicyWebhook!
  assert.deepEqual(images, { allowTtlMs: 50_000, denyTtlMs: 0, retryBackoffMs: 500, defaultAllow: true })
  assert.deepEqual(asked, [join(directory, 'images.kubeconfig')])
  assert.deepEqual(configurations!.EventRateLimit, { limits: [{ type: 'Server', qps: 5, burst: 10 }] })
  assert.equal(configurations!.PodSecurity!.defaults.enforce.level, 'baseline')
  assert.deepEqual(configurations!.PodTolerationRestriction, {
    default: [{ key: 'a', operator: 'Exists' }],
    whitelist: [],
  })
  assert.deepEqual(configurations!.PodNodeSelector, { clusterDefaultNodeSelector: 'a=b' })
})

test('the two oldest plugins may have the file to themselves', async () => {
  const { configurations } = await read('podNodeSelectorPluginConfig: { own: "a=b" }\n')
  assert.deepEqual(configurations, { PodNodeSelector: { own: 'a=b' } })
})

test('who the server is to webhooks is read from a kubeconfig', async () => {
  const kubeconfig = join(directory, 'webhooks.kubeconfig')
  writeFileSync(
    kubeconfig,
    'users: [{ name: "*.svc", user: { token: t } }, { name: x.example, user: { username: u, password: p } }]\n',
  )
  const kind = '{ apiVersion: apiserver.config.k8s.io/v1, kind: WebhookAdmissionConfiguration, kubeConfigFile: '
  const of = (file: string) => `${head}- name: ValidatingAdmissionWebhook\n  configuration: ${kind}${file} }\n`
  const { ValidatingAdmissionWebhook: found } = (await read(of(kubeconfig))).configurations!
  assert.equal(found!.users.get('*.svc')!.token!(), 't')
  assert.deepEqual(found!.users.get('x.example'), { username: 'u', password: 'p' })
  await assert.rejects(
    read(of('beside.kubeconfig')),
    /kubeConfigFile: Invalid value: "beside.kubeconfig": must be an absolute/,
  )
})

test('what is wrong with a file is said with its name', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['apiVersion: v1\nkind: ConfigMap\n', /no kind "ConfigMap" is registered for version "v1"\]$/],
    [`${head}- { name: EventRateLimit, configuration: { limits: [] } }\n`, /no kind "" is registered for version ""/],
    [`${head}- { name: PodNodeSelector, conf: {} }\n`, /unknown field "plugins\[0\].conf"\]$/],
    [`${head}- { name: ImagePolicyWebhook, path: absent.yaml }\n`, /ENOENT/],
  ]
  for (const [text, expected] of cases)
    await assert.rejects(read(text), (error: Error) => {
      assert.match(error.message, /^unable to read admission control configuration from ".*admission.yaml" \[/)
      assert.match(error.message, expected)
      return true
    })
})

test('a directory of manifests is named absolutely, is there, and is read behind its gate alone', async () => {
  const kind = (of: string, path: string) =>
    `{ apiVersion: apiserver.config.k8s.io/v1, kind: ${of}, staticManifestsDir: ${JSON.stringify(path)} }`
  const webhooks = (path: string) =>
    `${head}- name: ValidatingAdmissionWebhook\n  configuration: ${kind('WebhookAdmissionConfiguration', path)}\n`
  const policies = `${head}- name: MutatingAdmissionPolicy\n  configuration: ${kind('MutatingAdmissionPolicyConfiguration', directory)}\n`
  assert.equal((await read(webhooks(''), [], [], true)).manifests, undefined)
  const { manifests } = await read(webhooks(directory), [], [], true)
  const { MutatingAdmissionPolicy } = (await read(policies, [], [], true)).manifests!.directories
  assert.deepEqual(Object.keys(manifests!.directories), ['ValidatingAdmissionWebhook'])
  assert.equal(MutatingAdmissionPolicy!.path, directory)
  const cases: readonly (readonly [string, boolean, string])[] = [
    [directory, false, 'Forbidden: staticManifestsDir requires the ManifestBasedAdmissionControlConfig feature gate'],
    ['beside', true, 'Invalid value: "beside": must be an absolute file path'],
    ['/absent', true, 'Invalid value: "/absent": unable to read: stat /absent: no such file or directory'],
    [import.meta.filename, true, 'must be a directory'],
  ]
  for (const [path, isOn, expected] of cases)
    await assert.rejects(read(webhooks(path), [], [], isOn), (error: Error) => error.message.includes(expected), path)
})

test('files of manifests are those of YAML and JSON, by name', async () => {
  const at = join(directory, 'manifests')
  mkdirSync(join(at, 'd.yaml'), { recursive: true })
  for (const name of ['b.yaml', 'a.json', 'c.YML', 'readme.md']) writeFileSync(join(at, name), name)
  const found = await followedDirectory(at, manualClock()).read()
  assert.deepEqual(
    found.map(({ path, text }) => [path, text]),
    ['a.json', 'b.yaml', 'c.YML'].map((name) => [join(at, name), name]),
  )
  await assert.rejects(
    followedDirectory('/absent', manualClock()).read(),
    /failed to read manifest directory "\/absent"/,
  )
})
