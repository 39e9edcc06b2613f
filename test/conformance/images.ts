import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pauseArchive } from '../../src/kubelet/containerd/pause-image.ts'
import { cache, programs } from './programs.ts'
import { fills } from './roots.ts'

/** What an image is made of: files of its own upon another of these images, and how it starts. */
interface Recipe {
  readonly from?: string
  readonly start: readonly string[]
}
const port80 = ['CMD ["test-webserver"]']
const recipes: Readonly<Record<string, Recipe>> = {
  debian: { start: ['CMD ["bash"]'] },
  busybox: { start: ['CMD ["sh"]'] },
  agnhost: { from: 'debian', start: ['EXPOSE 80 8080 8081 9376 5000', 'ENTRYPOINT ["/agnhost"]', 'CMD ["pause"]'] },
  'glibc-dns-testing': { from: 'debian', start: ['CMD ["bash"]'] },
  nginx: { start: ['EXPOSE 80', `CMD ["nginx", "-g", "daemon off; error_log stderr;"]`] },
  nautilus: { from: 'agnhost', start: port80 },
  kitten: { from: 'agnhost', start: port80 },
  // Of it, pods that stand for drivers of devices run but the shell.
  hostpathplugin: { from: 'busybox', start: ['CMD ["sh"]'] },
  nonewprivs: { from: 'busybox', start: ['CMD ["nnp"]'] },
  'distroless-iptables': { start: ['CMD ["sh"]'] },
  'regression-issue-74839': { start: ['ENTRYPOINT ["/regression-issue-74839"]'] },
  'resource-consumer': { start: ['EXPOSE 8080', 'ENTRYPOINT ["/consumer"]'] },
  nonroot: { from: 'busybox', start: ['USER 1234', 'CMD ["sh"]'] },
  'sample-apiserver': { start: ['ENTRYPOINT ["/sample-apiserver"]'] },
  etcd: { start: ['CMD ["/usr/local/bin/etcd"]'] },
}
const ownName = (recipe: string) => `conformance/${recipe}:1`

/** An image that the suite asks for, by the name it asks with. */
export interface WantedImage {
  readonly name: string
  readonly recipe: string
}

/** Which of the images of a listing can be provided; those behind a login are meant to be out of reach. */
export function wantedImages(listing: string): readonly WantedImage[] {
  const lines = listing.split('\n').sort()
  const names = lines.filter((line) => /^\S+\/\S+:\S+$/.test(line) && !/authenticated|invalid/.test(line))
  return names.flatMap((name) => {
    const recipe = /([^/]+):[^/:]+$/.exec(name)?.[1] ?? ''
    return recipe === 'pause' || recipes[recipe] !== undefined ? [{ name, recipe }] : []
  })
}

/** Builds what is wanted with `cox` of the given cluster, base images first; what was built of the same things before is kept. */
export function buildImages(
  wanted: readonly WantedImage[],
  cluster: string,
  cox: (...words: string[]) => string,
  say: (line: string) => void,
): void {
  const known = new Set((JSON.parse(cox('image', 'list', '--json')) as { name: string }[]).map(({ name }) => name))
  const bases = new Set<string>()
  const need = (recipe: string) => {
    const { from } = recipes[recipe] ?? {}
    if (from === undefined || bases.has(from)) return
    need(from)
    bases.add(from)
  }
  for (const { recipe } of wanted) need(recipe)
  for (const recipe of bases) build(recipe, [ownName(recipe)])
  for (const recipe of new Set(wanted.map((one) => one.recipe)))
    for (const { name } of wanted.filter((one) => one.recipe === recipe)) build(recipe, [name])

  function build(recipe: string, names: readonly string[]): void {
    const directory = join(cache, 'images', recipe)
    const mark = join(directory, `${names.join().replaceAll('/', '_')}.made`)
    const print = printOf(recipe)
    const kept = existsSync(mark) && readFileSync(mark, 'utf8') === print
    if (kept && names.every((name) => known.has(name))) return
    say(`making image ${names.join(', ')}`)
    mkdirSync(directory, { recursive: true })
    if (recipe === 'pause') {
      writeFileSync(join(directory, 'pause.tar'), pauseArchive(process.arch))
      cox('image', 'load', join(directory, 'pause.tar'), '-t', names[0]!, '--name', cluster)
    } else {
      fill(recipe, directory, print)
      writeFileSync(join(directory, 'Dockerfile'), dockerfile(recipe, names[0]!))
      cox('build', directory, ...names.flatMap((name) => ['-t', name]))
    }
    writeFileSync(mark, print)
  }
}

function dockerfile(recipe: string, name: string): string {
  const { from, start } = recipes[recipe]!
  const lines = [
    `FROM ${from === undefined ? 'scratch' : ownName(from)}`,
    'COPY root /',
    `LABEL name="${name}"`,
    ...start,
  ]
  return `${lines.join('\n')}\n`
}

/** The files of an image, made once for all its names. */
function fill(recipe: string, directory: string, print: string): void {
  const mark = join(directory, 'root.made')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === print) return
  const root = join(directory, 'root')
  rmSync(root, { recursive: true, force: true })
  mkdirSync(root, { recursive: true })
  fills[recipe]!(root)
  writeFileSync(mark, print)
}

/** What an image is made of, in short: other files or other programs, another image. */
function printOf(recipe: string): string {
  const hash = createHash('sha256').update(readFileSync(join(import.meta.dirname, 'roots.ts')))
  for (const name of [recipe, ...basesOf(recipe)]) {
    hash.update(JSON.stringify([name, recipes[name] ?? null]))
    const program = { nonewprivs: 'nnp', busybox: 'shell' }[name] ?? name
    const mark = join(programs, `${program}.made`)
    if (existsSync(mark)) hash.update(readFileSync(mark))
  }
  return hash.digest('hex')
}

function basesOf(recipe: string): readonly string[] {
  const from = recipes[recipe]?.from
  return from === undefined ? [] : [from, ...basesOf(from)]
}
