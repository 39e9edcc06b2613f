import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { NetworkConnection } from '../../apiserver/index.ts'
import { systemClock } from '../../machinery/index.ts'
import { reviewsTo } from './reviews.ts'

test('a review is posted as the kubeconfig says, and anything but a success is a failure', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'coxswain-reviews-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'kubeconfig')
  await writeFile(
    file,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
      clusters: [{ name: 'c', cluster: { server: 'https://reviews.example.com/ask?v=1' } }],
      users: [{ name: 'u', user: { token: 'secret' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  )
  let status = 200
  const seen: unknown[] = []
  const connectNetwork = ((target: object) => ({
    async request({ path, headers, body }: any) {
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      seen.push({ target, path, token: headers.authorization, sent: JSON.parse(Buffer.concat(chunks).toString()) })
      const answer = (async function* () {
        yield new TextEncoder().encode('{"status":{"allowed":true}}')
      })()
      return { status, headers: {}, body: answer }
    },
  })) as unknown as NetworkConnection
  const post = reviewsTo(file, { clock: systemClock(), connectNetwork })
  assert.deepEqual(await post({ spec: 1 }), { status: { allowed: true } })
  assert.deepEqual(seen, [
    {
      target: {
        host: 'reviews.example.com',
        port: 443,
        tls: true,
        serverName: 'reviews.example.com',
        trust: 'system',
        egress: 'controlplane',
      },
      path: '/ask?v=1',
      token: 'Bearer secret',
      sent: { spec: 1 },
    },
  ])
  status = 500
  await assert.rejects(post({}), /the webhook answered with 500/)
})
