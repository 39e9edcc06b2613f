import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { yamlText } from '../../machinery/index.ts'
import { credentialsFromKubeconfig } from './credentials.ts'

const directory = mkdtempSync(join(tmpdir(), 'cox-kubeconfig-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const base64 = (text: string) => Buffer.from(text).toString('base64')
function kubeconfig(cluster: object, user: object, current = 'here'): string {
  const file = join(directory, 'config')
  const content = {
    'current-context': current,
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  }
  writeFileSync(file, yamlText(content))
  return file
}

test('a kubeconfig gives its certificates, from the file itself or beside it', () => {
  writeFileSync(join(directory, 'node.key'), 'KEY')
  const file = kubeconfig(
    { server: 'https://x:6443', 'certificate-authority-data': base64('CA') },
    { 'client-certificate-data': base64('CERT'), 'client-key': 'node.key' },
  )
  assert.deepEqual(credentialsFromKubeconfig(file), { server: 'https://x:6443', ca: 'CA', cert: 'CERT', key: 'KEY' })
})

test('a token in a file is read each time', () => {
  const place = join(directory, 'token')
  writeFileSync(place, 'one\n')
  const file = kubeconfig({ server: 'https://x' }, { tokenFile: 'token', token: 'never' })
  const { token } = credentialsFromKubeconfig(file)
  assert.equal(token?.(), 'one')
  writeFileSync(place, 'two\n')
  assert.equal(token?.(), 'two')
})

test('a kubeconfig that leads nowhere says so', () => {
  const elsewhere = kubeconfig({ server: 'https://x' }, {}, 'elsewhere')
  assert.throws(() => credentialsFromKubeconfig(elsewhere), /has no current context/)
  assert.throws(() => credentialsFromKubeconfig(kubeconfig({}, {})), /does not say where the cluster/)
  assert.throws(() => credentialsFromKubeconfig(kubeconfig({ server: 'https://x' }, { exec: {} })), /from a program/)
})
