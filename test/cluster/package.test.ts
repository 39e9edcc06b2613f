/** The package as npm packs it, installed beside its dependencies: the command and the library run from there. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const directory = mkdtempSync(join(tmpdir(), 'cox-package-'))
after(() => rmSync(directory, { recursive: true, force: true }))

test('the packed package gives a cluster to whoever imports it, and its command runs', {
  skip: existsSync(join(root, 'node_modules/esbuild')) ? false : 'esbuild is not installed, so nothing can be built',
}, () => {
  const run = (command: string, words: readonly string[], cwd: string) =>
    execFileSync(command, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  run(process.execPath, [join(root, 'scripts/build.ts')], root)
  const packed = run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory], root).trim()
  run('tar', ['-xzf', packed], directory)
  const modules = join(directory, 'user/node_modules')
  mkdirSync(modules, { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  run('mv', [join(directory, 'package'), join(modules, 'coxswain')], directory)
  writeFileSync(
    join(directory, 'user/use.mjs'),
    `import { startCluster } from 'coxswain'
     const cluster = await startCluster()
     const kubeconfig = await cluster.kubeconfig()
     console.log(kubeconfig.includes('https://127.0.0.1:'), (await cluster.nodes !== undefined))
     await cluster.stop()`,
  )
  assert.equal(run(process.execPath, ['use.mjs'], join(directory, 'user')), 'true true\n')
  assert.match(run(process.execPath, [join(modules, 'coxswain/dist/cox.js'), 'version'], directory), /^coxswain \d/)
})
