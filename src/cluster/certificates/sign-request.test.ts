import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createAuthority } from './authority.ts'
import { signRequest } from './sign-request.ts'

const nowMs = Date.parse('2026-06-01T00:00:00Z')
/** For O=system:nodes, CN=system:node:n, with four kinds of names, signed by a key that nobody has any more. */
const request = `-----BEGIN CERTIFICATE REQUEST-----
MIIBLzCB1QIBADAvMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFjAUBgNVBAMMDXN5
c3RlbTpub2RlOm4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASKEfZFokUmOh6h
C3v4YUbwecGpBlXkVwByzqGcYgvGrNKxQqkufnAMKJiFFWiGI9rT4M8uM9qswDKY
NQLLb9qHoEQwQgYJKoZIhvcNAQkOMTUwMzAxBgNVHREEKjAogg1uLmV4YW1wbGUu
Y29thwTAAAIHgQVhQGIuY4YKc3BpZmZlOi8veDAKBggqhkjOPQQDAgNJADBGAiEA
52rzIMj3yrL/Bk5CezaGn83eDyxdI1auasntRwtSnXoCIQDeyeMpxPa+/yfpVHxA
B8QmQXkfp0L+XvDxvUC+lnYvpQ==
-----END CERTIFICATE REQUEST-----
`
const wish = { request: Buffer.from(request).toString('base64'), usages: ['server auth', 'digital signature'] }
const minuteMs = 60_000

test('what is asked for is signed: subject, names, usages, and a time within bounds', async () => {
  const authority = createAuthority('kubernetes', nowMs, 3650)
  const cases = [
    { asked: undefined, lifeMs: 365 * 24 * 60 * minuteMs - 5 * minuteMs },
    { asked: 600, lifeMs: 10 * minuteMs },
    { asked: 60, lifeMs: 10 * minuteMs },
    { asked: 24 * 3600, lifeMs: 24 * 60 * minuteMs - 5 * minuteMs },
  ]
  for (const { asked, lifeMs } of cases) {
    const pem = signRequest(authority, { ...wish, ...(asked === undefined ? {} : { expirationSeconds: asked }) }, nowMs)
    const certificate = new X509Certificate(pem)
    assert.ok(certificate.verify(new X509Certificate(authority.cert).publicKey))
    assert.equal(certificate.subject, 'O=system:nodes\nCN=system:node:n')
    assert.match(certificate.subjectAltName ?? '', /DNS:n\.example\.com/)
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1'])
    assert.equal(Date.parse(certificate.validTo) - nowMs, lifeMs)
    assert.equal(nowMs - Date.parse(certificate.validFrom), 5 * minuteMs)
  }
})

test('nothing is signed beyond the authority’s own end, and not what its key has not signed', async () => {
  const authority = createAuthority('kubernetes', nowMs, 1)
  const certificate = new X509Certificate(signRequest(authority, wish, nowMs))
  assert.equal(certificate.validTo, new X509Certificate(authority.cert).validTo)
  assert.throws(() => signRequest(authority, wish, nowMs + 2 * 24 * 60 * minuteMs), /refusing to sign/)
  const lines = request.trim().split('\n')
  const bytes = Buffer.from(lines.slice(1, -1).join(''), 'base64')
  bytes[bytes.length - 4]! ^= 1
  const forged = [lines[0], bytes.toString('base64'), lines.at(-1), ''].join('\n')
  assert.throws(
    () => signRequest(authority, { ...wish, request: Buffer.from(forged).toString('base64') }, nowMs),
    /unable to verify certificate request signature/,
  )
})
