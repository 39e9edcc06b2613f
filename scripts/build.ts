/**
 * `npm run build`: the command and the library as a few files of JavaScript below dist/, which load several times faster than
 * the sources do. `./cox` uses them when no source is newer. Runs by itself after `npm ci`; where esbuild is missing (an
 * install without development packages) nothing is built, and the sources are run.
 */
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..')
/** Files that find others by their own place, which is dist/ itself once they are built. */
const moved: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'src/store/sqlite/sqlite.ts': [['./thread.ts', './thread.js']],
  'src/cluster/version.ts': [['../../package.json', '../package.json']],
}

/**
 * Node's own modules of which an `import` asks every member, also those that are loaded only when asked for: `node:http` has
 * WebSocket, and with it comes all of undici, 40 ms and some megabytes for every process. Their plain members, and nothing else.
 */
const builtIn: Plugin = {
  name: 'built-in',
  setup(build) {
    build.onResolve({ filter: /^node:(http|fs|util)$/ }, ({ path }) => ({
      path,
      namespace: 'built-in',
      sideEffects: false,
    }))
    build.onLoad({ filter: /.*/, namespace: 'built-in' }, ({ path }) => {
      const members = Object.getOwnPropertyDescriptors(process.getBuiltinModule(path) as object)
      const names = Object.entries(members).flatMap(([name, { value }]) => (value === undefined ? [] : name))
      const kept = names.filter((name) => /^[A-Za-z]\w*$/.test(name)).join(', ')
      return { contents: `export const { ${kept} } = process.getBuiltinModule('${path}')` }
    })
  },
}

/** Whatever is imported and not used is left out: our modules do nothing by being loaded, nor do those of others. */
const pure: Plugin = {
  name: 'pure',
  setup(build) {
    build.onResolve({ filter: /.*/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === 'resolved') return undefined
      if (!path.startsWith('.')) return { path, external: true, sideEffects: false }
      const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: 'resolved' })
      return { ...found, sideEffects: false, external: kind === 'dynamic-import' }
    })
  },
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
      'cox-run': 'bin/cox-run.ts',
      index: 'src/index.ts',
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
      builtIn,
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
  // What starts beside the cluster process, a file each: of what the others share they need little, and load nothing more.
  const alone = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { 'cox-supervise': 'bin/cox-supervise.ts', thread: 'src/store/sqlite/thread.ts' },
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    legalComments: 'none',
    logLevel: 'warning',
    write: true,
    metafile: true,
    plugins: [builtIn, pure],
  })
  for (const [file, { imports, bytes }] of Object.entries(alone.metafile.outputs))
    if (bytes > 60_000 || imports.some(({ kind, path }) => kind === 'dynamic-import' || path === 'js-yaml'))
      throw new Error(`${file} must stay small, and load nothing late`)
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  renameSync(outdir, dist)
}
