import 'reflect-metadata'
import assert from 'node:assert/strict'
import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import * as x509 from '@peculiar/x509'
import { certify, createAuthority, issueCertificate } from './authority.ts'

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])
const dayMs = 24 * 60 * 60_000
const nowMs = Date.parse('2026-06-01T00:00:00Z')
const names = ['localhost', 'kubernetes.default.svc', '127.0.0.1', '::1', 'fd00::10:244:0:1']

/** What a library of others reads in a certificate. */
function readingOf(pem: string) {
  const certificate = new x509.X509Certificate(pem)
  const one = <T extends x509.Extension>(type: new (...words: never[]) => T) =>
    certificate.getExtension(type as never) as T
  const basic = one(x509.BasicConstraintsExtension)
  const usage = one(x509.KeyUsagesExtension)
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    isAuthority: basic.ca,
    critical: [...certificate.extensions].filter(({ critical }) => critical).map(({ type }) => type),
    usages: usage.usages,
    purposes: [...(one(x509.ExtendedKeyUsageExtension)?.usages ?? [])],
    names: one(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [],
    keyId: one(x509.SubjectKeyIdentifierExtension)?.keyId,
    authorityKeyId: one(x509.AuthorityKeyIdentifierExtension)?.keyId,
    fromMs: certificate.notBefore.getTime(),
    toMs: certificate.notAfter.getTime(),
  }
}
const { KeyUsageFlags: flags, ExtendedKeyUsage: purposes } = x509

test('an authority says what it is', () => {
  const authority = readingOf(createAuthority('kubernetes', nowMs, 3650).cert)
  const { keyId, ...rest } = authority
  assert.match(keyId!, /^[0-9a-f]{40}$/)
  assert.deepEqual(rest, {
    subject: 'CN=kubernetes',
    issuer: 'CN=kubernetes',
    isAuthority: true,
    critical: ['2.5.29.15', '2.5.29.19'],
    usages: flags.digitalSignature | flags.keyEncipherment | flags.keyCertSign,
    purposes: [],
    names: [{ type: 'dns', value: 'kubernetes' }],
    authorityKeyId: undefined,
    fromMs: nowMs - 5 * 60_000,
    toMs: nowMs + 3650 * dayMs,
  })
})

test('a certificate says whose it is, for what and for which names, and who signed it', async () => {
  const authority = createAuthority('kubernetes', nowMs, 3650)
  const pair = issueCertificate(
    authority,
    { commonName: 'system:node:ñ', organizations: ['system:nodes', 'b'], names, usages: ['server', 'client'], days: 1 },
    nowMs,
  )
  assert.deepEqual(readingOf(pair.cert), {
    subject: 'O=system:nodes, O=b, CN=system:node:ñ',
    issuer: 'CN=kubernetes',
    isAuthority: false,
    critical: ['2.5.29.15', '2.5.29.19'],
    usages: flags.digitalSignature | flags.keyEncipherment,
    purposes: [purposes.serverAuth, purposes.clientAuth],
    names: [
      { type: 'dns', value: 'localhost' },
      { type: 'dns', value: 'kubernetes.default.svc' },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
      { type: 'ip', value: 'fd00::10:244:0:1' },
    ],
    keyId: undefined,
    authorityKeyId: readingOf(authority.cert).keyId,
    fromMs: nowMs - 5 * 60_000,
    toMs: nowMs + dayMs,
  })
  const signedBy = new x509.X509Certificate(authority.cert)
  assert.ok(await new x509.X509Certificate(pair.cert).verify({ publicKey: signedBy.publicKey, date: new Date(nowMs) }))
})

test('an end after 2049 is told as such, and nothing outlives its authority', () => {
  const authority = createAuthority('kubernetes', nowMs, 3650 * 3)
  assert.equal(new X509Certificate(authority.cert).validTo, 'May 24 00:00:00 2056 GMT')
  const pair = issueCertificate(authority, { commonName: 'a', usages: ['client'], days: 36_500 }, nowMs)
  assert.equal(new X509Certificate(pair.cert).validTo, 'May 24 00:00:00 2056 GMT')
})

test('an authority that somebody brought may have an RSA key, and no identifier of it', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const own = createAuthority('kubernetes', nowMs, 2)
  const publicKey = rsa.publicKey.export({ format: 'der', type: 'spki' })
  const { raw } = new X509Certificate(own.cert)
  const brought = certify(
    own,
    {
      subject: new Uint8Array(new x509.X509Certificate(raw).subjectName.toArrayBuffer()),
      publicKey,
      keyUsages: ['keyCertSign'],
      purposes: [],
    },
    { fromMs: nowMs, toMs: nowMs + dayMs },
  )
  const pair = issueCertificate({ cert: brought, key }, { commonName: 'a', usages: ['client'], days: 1 }, nowMs)
  const certificate = new X509Certificate(pair.cert)
  assert.ok(certificate.verify(rsa.publicKey))
  assert.equal(certificate.issuer, new X509Certificate(own.cert).subject)
})

test('serial numbers are positive and not given twice', () => {
  const authority = createAuthority('kubernetes', nowMs, 2)
  const serials = Array.from({ length: 200 }, () => {
    const { cert } = issueCertificate(authority, { commonName: 'a', usages: ['client'], days: 1 }, nowMs)
    return new X509Certificate(cert).serialNumber
  })
  assert.equal(new Set(serials).size, serials.length)
  for (const serial of serials) assert.ok(Number.parseInt(serial.padStart(30, '0')[0]!, 16) < 8, serial)
})
