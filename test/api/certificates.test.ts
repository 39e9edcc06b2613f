/** Certificates by CertificateSigningRequest: asked for, approved, signed, used, forgotten. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { webcrypto, X509Certificate } from 'node:crypto'
import { request as requestHttps } from 'node:https'
import { test } from 'node:test'
import * as x509 from '@peculiar/x509'
import { createClient } from '../../src/client/index.ts'
import { startCluster, type TestCluster } from '../../src/index.ts'
import { parseYaml, StatusError } from '../../src/machinery/index.ts'
import { clusterRoleBindings, certificateSigningRequests as requests } from '../../src/resources/index.ts'
import { startApi } from '../fixtures/api.ts'
import { until } from '../fixtures/until.ts'

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const clientUsages = ['digital signature', 'client auth']

/** A request for a name, signed by a new key, and that key. */
async function ask(
  name: string,
  dns: readonly string[] = [],
): Promise<{ readonly request: string; readonly key: string }> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const names = dns.map((value) => ({ type: 'dns' as const, value }))
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    ...{ name, keys, signingAlgorithm: algorithm },
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    request: Buffer.from(made.toString('pem')).toString('base64'),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  }
}
const body = (name: string, spec: object): any => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name },
  spec,
})
async function approve({ client }: TestCluster, name: string): Promise<void> {
  const one = await client.get(requests, { name })
  const condition = { type: 'Approved', status: 'True', reason: 'KubectlApprove', message: 'approved by a test' }
  await client.update(requests, { ...one, status: { ...one.status, conditions: [condition] } } as any, 'approval')
}

test('an approved request is signed, and its certificate is good for the API', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  const kubeconfig = parseYaml(await cluster.kubeconfig()).value as any
  const { server, 'certificate-authority-data': ca } = kubeconfig.clusters[0].cluster
  const { request, key } = await ask('O=dev, CN=jane')
  const signerName = 'kubernetes.io/kube-apiserver-client'
  const made = await client.create(
    requests,
    body('jane', { request, signerName, usages: clientUsages, expirationSeconds: 3600 }),
  )
  assert.equal(made.spec.username, 'kubernetes-admin')
  assert.deepEqual(made.spec.groups, ['system:masters', 'system:authenticated'])
  assert.equal(made.status?.certificate, undefined)
  await approve(cluster, 'jane')
  const signed = await until(
    () => client.get(requests, { name: 'jane' }),
    ({ status }) => status?.certificate !== undefined,
  )
  assert.ok(signed.status?.conditions?.[0]?.lastUpdateTime)
  const pem = Buffer.from(signed.status!.certificate!, 'base64').toString()
  const certificate = new X509Certificate(pem)
  assert.equal(certificate.subject, 'O=dev\nCN=jane')
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  const lifeMs = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)
  assert.equal(lifeMs, 65 * 60_000)
  const answer = await new Promise<string>((resolve, reject) => {
    const url = `${server}/apis/authentication.k8s.io/v1/selfsubjectreviews`
    const options = {
      method: 'POST',
      ca: Buffer.from(ca, 'base64'),
      cert: pem,
      key,
      headers: { 'content-type': 'application/json' },
    }
    const call = requestHttps(url, options, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk)).once('end', () => resolve(text))
    })
    call.once('error', reject)
    call.end('{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}')
  })
  const { username, groups } = JSON.parse(answer).status.userInfo
  assert.deepEqual([username, ...groups], ['jane', 'dev', 'system:authenticated'])
})

test('a kubelet’s client certificate is approved when it may have one, and what does not fit its signer fails', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client, server } = cluster
  const bootstrapper = { name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:authenticated'] }
  const group = 'rbac.authorization.k8s.io'
  for (const role of ['system:node-bootstrapper', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient'])
    await client.create(clusterRoleBindings, {
      metadata: { name: role.split(':').at(-1)! },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: group, kind: 'Group', name: 'system:bootstrappers' }],
    } as any)
  const joining = createClient(server.transportFor(bootstrapper, 'kubelet'))
  const { request } = await ask('O=system:nodes, CN=system:node:n')
  const signerName = 'kubernetes.io/kube-apiserver-client-kubelet'
  await joining.create(requests, body('n', { request, signerName, usages: clientUsages }))
  const signed = await until(
    () => client.get(requests, { name: 'n' }),
    ({ status }) => status?.certificate !== undefined,
  )
  assert.equal(signed.status?.conditions?.[0]?.reason, 'AutoApproved')
  assert.equal(
    signed.status?.conditions?.[0]?.message,
    'Auto approving kubelet client certificate after SubjectAccessReview.',
  )

  const serving = await ask('O=system:nodes, CN=system:node:n')
  const usages = ['digital signature', 'server auth']
  const spec = { request: serving.request, signerName: 'kubernetes.io/kubelet-serving', usages }
  await client.create(requests, body('serving', spec))
  await approve(cluster, 'serving')
  const failed = await until(
    () => client.get(requests, { name: 'serving' }),
    ({ status }) => (status?.conditions?.length ?? 0) > 1,
  )
  const { type, reason, message } = failed.status!.conditions![1]!
  assert.deepEqual(
    [type, reason, message],
    ['Failed', 'SignerValidationFailure', 'DNS or IP subjectAltName is required'],
  )
})

test('requests are checked, and so is who may approve and sign them', async () => {
  await using api = await startApi()
  const of = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' }
  const signerName = 'example.com/signer'
  const { request } = await ask('CN=jane')
  const create = (name: string, spec: object) => api.call({ ...of, verb: 'create', body: body(name, spec) })
  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => 'not refused',
      (error: unknown) => (error instanceof StatusError ? `${error.code} ${error.message}` : String(error)),
    )
  assert.equal(
    await refusal(create('a', { request, signerName: 'signer', usages: ['any', 'any', 'none'], expirationSeconds: 5 })),
    '422 CertificateSigningRequest.certificates.k8s.io "a" is invalid: [spec.usages[2]: Unsupported value: "none": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping", spec.usages[1]: Duplicate value: "any", spec.signerName: Invalid value: "signer": must be a fully qualified domain and path of the form \'example.com/signer-name\', spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 600 seconds (10 minutes)]',
  )
  assert.match(
    await refusal(create('a', { request: Buffer.from('hi').toString('base64'), signerName, usages: ['any'] })),
    /^422 .*spec\.request: Invalid value: "aGk=": PEM block type must be CERTIFICATE REQUEST$/,
  )
  const forged = Buffer.from(request, 'base64').toString().split('\n')
  const bytes = Buffer.from(forged.slice(1, -1).join(''), 'base64')
  bytes[bytes.length - 4]! ^= 1
  const wrong = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  assert.match(
    await refusal(create('a', { request: Buffer.from(wrong).toString('base64'), signerName, usages: ['any'] })),
    /: x509: ECDSA verification failure$/,
  )
  const masters = await ask('O=system:masters, CN=jane')
  assert.equal(
    await refusal(
      create('a', {
        request: masters.request,
        ...{ signerName: 'kubernetes.io/kube-apiserver-client', usages: clientUsages },
      }),
    ),
    '403 certificatesigningrequests.certificates.k8s.io "a" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  )

  const made = await create('a', { request, signerName, usages: ['any'] })
  const roles = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' }
  const approver = {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'approver' } },
    rules: [
      {
        apiGroups: [of.group],
        resources: [`${of.resource}/approval`, `${of.resource}/status`],
        verbs: ['update'],
      },
      { apiGroups: [of.group], resources: ['signers'], resourceNames: ['other.com/*'], verbs: ['approve', 'sign'] },
    ],
  }
  await api.call({ ...roles, verb: 'create', body: approver })
  const apiGroup = 'rbac.authorization.k8s.io'
  const binding = {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'approver' } },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'approver' },
    subjects: [{ apiGroup, kind: 'User', name: 'joe' }],
  }
  await api.call({ ...roles, resource: 'clusterrolebindings', verb: 'create', body: binding })
  const joe = { name: 'joe', groups: ['system:authenticated'] }
  const conditions = [{ type: 'Approved', status: 'True', reason: 'x', message: 'y' }]
  const decide = (as?: typeof joe) =>
    api.call(
      { ...of, verb: 'update', name: 'a', subresource: 'approval', body: { ...made, status: { conditions } } },
      as,
    )
  assert.equal(
    await refusal(decide(joe)),
    '403 certificatesigningrequests.certificates.k8s.io "a" is forbidden: user not permitted to approve requests with signerName "example.com/signer"',
  )
  const approved = await decide()
  const sign = (certificate: string, as?: typeof joe) =>
    api.call(
      {
        ...{ ...of, verb: 'update', name: 'a', subresource: 'status' },
        body: { ...approved, status: { ...approved.status, certificate } },
      },
      as,
    )
  assert.equal(
    await refusal(sign(request, joe)),
    '422 CertificateSigningRequest.certificates.k8s.io "a" is invalid: status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
  )
  const good = Buffer.from('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n').toString('base64')
  assert.equal(
    await refusal(sign(good, joe)),
    '403 certificatesigningrequests.certificates.k8s.io "a" is forbidden: user not permitted to sign requests with signerName "example.com/signer"',
  )
  await sign(good)
  assert.match(
    await refusal(
      api.call({
        ...{ ...of, verb: 'patch', name: 'a', subresource: 'approval', patchType: 'merge' },
        body: { status: { conditions: null } },
      }),
    ),
    /updates may not remove a condition of type "Approved"/,
  )
})
