/**
 * `npm run build`: the command and the library as a few files of JavaScript below dist/, which load several times faster than
 * the sources do. `./cox` uses them when no source is newer. Runs by itself after `npm ci`; where esbuild is missing (an
 * install without development packages) nothing is built, and the sources are run.
 */
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
/** Files that find others by their own place, which is dist/ itself once they are built. */
const moved: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'src/store/sqlite/sqlite.ts': [['./thread.ts', './thread.js']],
  'src/cluster/version.ts': [['../../package.json', '../package.json']],
}

const esbuild = await import('esbuild').catch(() => undefined)
if (esbuild === undefined) {
  process.stderr.write('coxswain: nothing was built, as esbuild is not installed; the sources are run instead\n')
} else {
  const outdir = join(root, 'dist.new')
  rmSync(outdir, { recursive: true, force: true })
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: {
      cox: 'bin/cox.ts',
      index: 'src/index.ts',
      thread: 'src/store/sqlite/thread.ts',
    },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [
      {
        name: 'places',
        setup(build) {
          build.onLoad({ filter: /\/(sqlite|version)\.ts$/ }, ({ path }) => {
            const changes = moved[path.slice(root.length + 1)]
            if (changes === undefined) return undefined
            let contents = readFileSync(path, 'utf8')
            for (const [from, to] of changes) {
              if (!contents.includes(`'${from}', import.meta.url`))
                throw new Error(`${path} no longer looks for ${from}`)
              contents = contents.replace(`'${from}', import.meta.url`, `'${to}', import.meta.url`)
            }
            return { contents, loader: 'ts' }
          })
        },
      },
    ],
  })
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  renameSync(outdir, dist)
}
