import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const cache = join(here, '../../.cache/operator')

/** Builds the operator in ships/ from its Go module; undefined with the reason where that is not possible. */
export function buildShips(): { readonly program?: string; readonly missing?: string } {
  const version = spawnSync('go', ['version'], { encoding: 'utf8' })
  if (version.error !== undefined || version.status !== 0) return { missing: 'Go is not installed here' }
  mkdirSync(cache, { recursive: true })
  const program = join(cache, 'ships')
  // Go keeps what it built before, so this is quick unless something changed.
  const { status, stderr } = spawnSync('go', ['build', '-trimpath', '-buildvcs=false', '-o', program, './ships'], {
    cwd: here,
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0' },
  })
  if (status === 0) return { program }
  if (/no required module|dial tcp|lookup |proxyconnect|i\/o timeout/.test(stderr))
    return { missing: `the Go modules cannot be had: ${stderr.trim().split('\n').at(-1)}` }
  throw new Error(`the operator could not be built: ${stderr}`)
}

/** `node test/operator/build.ts` builds it ahead of the tests; what is wrong is told by these. */
if (import.meta.main) buildShips()
