import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { proxiedAddress, proxiedPage, proxiedReply } from './proxied-pages.ts'

const prefix = '/api/v1/namespaces/a/pods/http:b:80/proxy'
const place = { prefix, hosts: ['api:6443', '10.0.0.1:80'], isHead: false }

test('addresses of the same server lead through the proxy, others stay', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/rewriteme', `${prefix}/rewriteme`],
    ['/a/../b/?x=1#y', `${prefix}/b/?x=1#y`],
    ['http://10.0.0.1:80/x', `${prefix}/x`],
    ['https://api:6443/x', `https://api:6443${prefix}/x`],
    [`${prefix}/x`, `${prefix}/x`],
    ['relative', 'relative'],
    ['', ''],
    ['http://elsewhere/x', 'http://elsewhere/x'],
    ['//elsewhere/x', '//elsewhere/x'],
    ['mailto:a@b', 'mailto:a@b'],
  ]
  for (const [address, expected] of cases) assert.equal(proxiedAddress(address, place), expected, address)
})

test('the links of a page lead through the proxy; text that looks like links does not change', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['<a href="/rewriteme">test</a>', `<a href="${prefix}/rewriteme">test</a>`],
    ['<IMG alt=\'<a href="/x">\' SRC=/y>', `<IMG alt='<a href="/x">' SRC="${prefix}/y">`],
    ['<a href="/x?a=1&amp;b=2" class=c>', `<a href="${prefix}/x?a=1&amp;b=2" class=c>`],
    ['<!-- <a href="/x"> --><p href="/x">1 < 2', '<!-- <a href="/x"> --><p href="/x">1 < 2'],
    [
      `<script src="/s">'<a href="/x">'</script><a href=/z>`,
      `<script src="${prefix}/s">'<a href="/x">'</script><a href="${prefix}/z">`,
    ],
    ['<a href="/unclosed', '<a href="/unclosed'],
    ['', ''],
  ]
  for (const [page, expected] of cases) assert.equal(proxiedPage(page, place), expected, page)
})

test('redirects and pages are changed, packed ones too, and nothing else', async () => {
  const replyOf = async (headers: Record<string, string>, body: Buffer) => {
    const answer = {
      status: 200,
      headers,
      body: (async function* () {
        yield body
      })(),
    }
    const reply = await proxiedReply(answer, place)
    const chunks: Uint8Array[] = []
    for await (const chunk of reply.body) chunks.push(chunk)
    return { headers: reply.headers, bytes: Buffer.concat(chunks) }
  }
  const page = Buffer.from('<a href="/x">')
  const moved = `<a href="${prefix}/x">`
  const plain = await replyOf({ 'content-type': 'text/html; charset=utf-8', 'content-length': '13' }, page)
  assert.equal(plain.bytes.toString(), moved)
  assert.equal(plain.headers['content-length'], String(moved.length))
  const packed = await replyOf({ 'content-type': 'text/html', 'content-encoding': 'gzip' }, gzipSync(page))
  assert.equal(gunzipSync(packed.bytes).toString(), moved)
  const other = await replyOf({ 'content-type': 'text/plain', 'access-control-allow-origin': '*' }, page)
  assert.deepEqual([other.bytes.toString(), other.headers], [page.toString(), { 'content-type': 'text/plain' }])
  assert.equal((await replyOf({ location: '/login' }, page)).headers.location, `${prefix}/login`)
})
