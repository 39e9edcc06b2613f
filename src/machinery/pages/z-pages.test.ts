import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SelfDescription, zPage } from './z-pages.ts'

const self: SelfDescription = {
  component: 'kube-apiserver',
  startedMs: Date.UTC(2026, 5, 3, 4, 5, 6),
  goVersion: 'node v24',
  version: '1.36',
  paths: () => ['/api/v1', '/healthz/ping', '/livez', '/.well-known/openid-configuration', '/statusz'],
  flags: () => ({ v: '2', 'secure-port': '6443' }),
  pages: ['/statusz', '/flagz'],
}
const nowMs = self.startedMs + 3_723_000
const warning =
  'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.'

test('people get text, and programs the object of the version they name', () => {
  const text = zPage(self, '/statusz', undefined, nowMs)
  assert.deepEqual(text, {
    type: 'text/plain; charset=utf-8',
    text: `\nkube-apiserver statusz\n${warning}\n\nStarted: Wed Jun  3 04:05:06 UTC 2026\nUp: 1 hr 02 min 03 sec\nGo version: node v24\nBinary version: 1.36\nEmulation version: 1.36\nPaths: /healthz /livez /statusz\n`,
  })
  assert.deepEqual(zPage(self, '/statusz', 'application/json, */*', nowMs), text)
  const beta = zPage(self, '/flagz', 'application/json;v=v1beta1;g=config.k8s.io;as=Flagz', nowMs)!
  assert.deepEqual(JSON.parse(beta.text), {
    kind: 'Flagz',
    apiVersion: 'config.k8s.io/v1beta1',
    metadata: { name: 'kube-apiserver' },
    flags: { 'secure-port': '6443', v: '2' },
  })
  const alpha = zPage(self, '/statusz', 'application/yaml;v=v1alpha1;g=config.k8s.io;as=Statusz', nowMs)!
  assert.match(alpha.text, /^uptimeSeconds: 3723$/m)
  assert.match(alpha.warning ?? '', /^299 - "This version of the statusz endpoint is deprecated/)
})

test('a form without its kind is refused, and a page that is off is not there', () => {
  for (const accept of ['application/json', 'application/json;v=v1;g=config.k8s.io;as=Statusz', 'image/png'])
    assert.throws(
      () => zPage(self, '/statusz', accept, nowMs),
      /only the following media types are accepted: application\/json, application\/yaml, text\/plain/,
    )
  assert.equal(zPage({ ...self, pages: [] }, '/flagz', undefined, nowMs), undefined)
})
