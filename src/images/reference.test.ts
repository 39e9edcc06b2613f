import assert from 'node:assert/strict'
import { test } from 'node:test'
import { familiarName, fullNameOf } from './reference.ts'

test('names of images get the defaults everybody assumes, and lose them for people', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const table: readonly (readonly [string, string, string])[] = [
    ['web', 'docker.io/library/web:latest', 'web:latest'],
    ['shop/web:1', 'docker.io/shop/web:1', 'shop/web:1'],
    ['docker.io/library/web:1', 'docker.io/library/web:1', 'web:1'],
    ['index.docker.io/shop/web', 'docker.io/shop/web:latest', 'shop/web:latest'],
    ['localhost/a', 'localhost/a:latest', 'localhost/a:latest'],
    ['127.0.0.1:5000/a/b:2', '127.0.0.1:5000/a/b:2', '127.0.0.1:5000/a/b:2'],
    ['registry.k8s.io/pause:3.9', 'registry.k8s.io/pause:3.9', 'registry.k8s.io/pause:3.9'],
    [`web:1@${digest}`, `docker.io/library/web@${digest}`, `web@${digest}`],
  ]
  const results = table.map(([text]) => [text, fullNameOf(text), familiarName(fullNameOf(text))])
  assert.deepEqual(results, table)
})

test('what cannot be the name of an image is refused', () => {
  for (const text of ['', 'Shop/Web', 'a b', 'a:', 'a/../b', 'a@sha256:12', '-a', 'a//b', 'a:b c'])
    assert.throws(() => fullNameOf(text), { name: 'ImageError' }, text)
})
