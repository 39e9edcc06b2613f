import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { networkOf } from './settings.ts'
import { structuredProblem } from './structured.ts'

test('files that the API server could not read are refused before anything is started', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'structured-'))
  const network = networkOf(0)
  const write = async (name: string, kind: string, rest: string) => {
    const path = join(directory, name)
    await writeFile(path, `apiVersion: apiserver.config.k8s.io/v1\nkind: ${kind}\n${rest}\n`)
    return path
  }
  const tokens = await write('a', 'AuthenticationConfiguration', 'jwt: []')
  const rights = await write('b', 'AuthorizationConfiguration', 'authorizers: [{ type: RBAC, name: rbac }]')
  assert.equal(await structuredProblem({ network, authenticationConfig: tokens, authorizationConfig: rights }), '')
  const own =
    'jwt: [{ issuer: { url: "https://kubernetes.default.svc.cluster.local", audiences: [a] }, claimMappings: { username: { claim: sub, prefix: "" } } }]'
  const wrong = await write('c', 'AuthenticationConfiguration', own)
  assert.equal(
    await structuredProblem({ network, authenticationConfig: wrong }),
    `failed to load authentication configuration from file ${JSON.stringify(wrong)}: invalid authentication configuration: jwt[0].issuer.url: Invalid value: "https://kubernetes.default.svc.cluster.local": URL must not overlap with disallowed issuers: [https://kubernetes.default.svc.cluster.local]`,
  )
  const nobody = await write('d', 'AuthorizationConfiguration', 'authorizers: []')
  assert.match(await structuredProblem({ network, authorizationConfig: nobody }), /at least one authorization mode/)
  assert.match(await structuredProblem({ network, authorizationConfig: join(directory, 'e') }), /ENOENT/)
  await rm(directory, { recursive: true, force: true })
})
