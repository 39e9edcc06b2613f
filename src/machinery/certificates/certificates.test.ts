import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pemBlocks } from './pem.ts'
import { readCertificateRequest } from './request.ts'
import { kubeApiServerClient, kubeApiServerClientKubelet, kubeletServing, signerProblem } from './rules.ts'

const withNames = `-----BEGIN CERTIFICATE REQUEST-----
MIIBLzCB1QIBADAvMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFjAUBgNVBAMMDXN5
c3RlbTpub2RlOm4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASKEfZFokUmOh6h
C3v4YUbwecGpBlXkVwByzqGcYgvGrNKxQqkufnAMKJiFFWiGI9rT4M8uM9qswDKY
NQLLb9qHoEQwQgYJKoZIhvcNAQkOMTUwMzAxBgNVHREEKjAogg1uLmV4YW1wbGUu
Y29thwTAAAIHgQVhQGIuY4YKc3BpZmZlOi8veDAKBggqhkjOPQQDAgNJADBGAiEA
52rzIMj3yrL/Bk5CezaGn83eDyxdI1auasntRwtSnXoCIQDeyeMpxPa+/yfpVHxA
B8QmQXkfp0L+XvDxvUC+lnYvpQ==
-----END CERTIFICATE REQUEST-----
`
const plain = `-----BEGIN CERTIFICATE REQUEST-----
MIHwMIGYAgEAMDYxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQwwCgYDVQQKDANk
ZXYxDTALBgNVBAMMBGphbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATffCyO
UD9s8OU14uEQcyVxUCkD4qoEl8Am3mRlV3h2wjUjO389mBM4kWJW8CEqyKXPiUHt
qPqewkvniGFtWWIfoAAwCgYIKoZIzj0EAwIDRwAwRAIgMP7wvLUgQddppNRiro32
cneqTrws6s8wjUVFxKfZp38CIGRZVFqByEJtRYuakpjJo4DqAw1iDhgSy8CxRSSu
RvvO
-----END CERTIFICATE REQUEST-----
`
const asField = (text: string) => Buffer.from(text).toString('base64')

test('a request says who asks, for which names', () => {
  const read = readCertificateRequest(asField(withNames))
  assert.equal(read.commonName, 'system:node:n')
  assert.deepEqual(read.organizations, ['system:nodes'])
  assert.deepEqual(read.dnsNames, ['n.example.com'])
  assert.deepEqual(
    read.ipAddresses.map((one) => [...one]),
    [[192, 0, 2, 7]],
  )
  assert.deepEqual(read.emailAddresses, ['a@b.c'])
  assert.deepEqual(read.uris, ['spiffe://x'])
  const other = readCertificateRequest(asField(plain))
  assert.deepEqual(other.organizations, ['system:masters', 'dev'])
  assert.deepEqual(other.dnsNames, [])
})

test('what is no request is refused', () => {
  const type = /PEM block type must be CERTIFICATE REQUEST/
  assert.throws(() => readCertificateRequest(asField('hello')), type)
  assert.throws(() => readCertificateRequest('@@@'), type)
  assert.throws(() => readCertificateRequest(asField(withNames.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'))), type)
  const [block] = pemBlocks(withNames)
  for (let length = 0; length < block!.bytes.length; length += 7) {
    const cut = Buffer.from(block!.bytes.subarray(0, length)).toString('base64')
    const text = `-----BEGIN CERTIFICATE REQUEST-----\n${cut}\n-----END CERTIFICATE REQUEST-----\n`
    assert.throws(() => readCertificateRequest(asField(text)), /asn1/)
  }
})

test('the cluster’s signers sign what they are for', () => {
  const base = { commonName: 'system:node:n', organizations: ['system:nodes'], dnsNames: [], emailAddresses: [] }
  const rest = {
    subject: new Uint8Array(),
    signed: new Uint8Array(),
    algorithm: '',
    signature: new Uint8Array(),
    publicKey: new Uint8Array(),
  }
  const request = (more: object = {}) => ({ ...base, ipAddresses: [], uris: [], ...rest, ...more })
  const client = ['client auth', 'digital signature', 'key encipherment']
  const server = ['server auth', 'digital signature', 'key encipherment']
  const ofKubelet = kubeApiServerClientKubelet
  const cases: readonly (readonly [signer: string, more: object, usages: readonly string[], why?: string])[] = [
    [kubeApiServerClient, { organizations: ['dev'] }, client],
    [kubeApiServerClient, {}, ['server auth'], 'invalid usage for client certificate: server auth'],
    [kubeApiServerClient, {}, ['digital signature'], 'missing required usage for client certificate: client auth'],
    [ofKubelet, {}, client],
    [ofKubelet, {}, client.slice(0, 2)],
    [ofKubelet, {}, server, 'usages did not match [client auth digital signature key encipherment]'],
    [ofKubelet, { organizations: ['dev'] }, client, 'subject organization is not system:nodes'],
    [ofKubelet, { dnsNames: ['x'] }, client, 'DNS subjectAltNames are not allowed'],
    [ofKubelet, { commonName: 'jane' }, client, 'subject common name does not begin with system:node:'],
    [kubeletServing, { dnsNames: ['n'] }, server],
    [kubeletServing, {}, server, 'DNS or IP subjectAltName is required'],
    [kubeletServing, { dnsNames: ['n'], uris: ['x:y'] }, server, 'URI subjectAltNames are not allowed'],
  ]
  for (const [signer, more, usages, why] of cases) assert.equal(signerProblem(signer, request(more), usages), why)
})
