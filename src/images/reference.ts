import { ImageError } from './image-error.ts'

/** The parts of an image's name, with the defaults everybody assumes filled in. */
export interface ImageReference {
  readonly host: string
  readonly path: string
  readonly tag: string
  readonly digest?: string
}
const hubHost = 'docker.io'
const pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const tagPattern = /^\w[\w.-]{0,127}$/
const hostPattern = /^[a-zA-Z0-9.-]+(?::\d+)?$/
export const digestPattern = /^sha256:[0-9a-f]{64}$/

/** Reads a name as Docker does: `web` is docker.io/library/web:latest, `shop/web:1` is docker.io/shop/web:1. */
export function parseReference(text: string): ImageReference {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const named = at < 0 ? text : text.slice(0, at)
  const [, name = '', tag = 'latest'] = /^(.*?)(?::([^/:]*))?$/.exec(named)!
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost'
  const host = isHost ? (first === 'index.docker.io' ? hubHost : first) : hubHost
  const rest = isHost ? name.slice(slash + 1) : name
  const path = host === hubHost && !rest.includes('/') ? `library/${rest}` : rest
  const isWrong =
    !pathPattern.test(path) ||
    !tagPattern.test(tag) ||
    !hostPattern.test(host) ||
    (digest !== undefined && !digestPattern.test(digest))
  if (isWrong)
    throw new ImageError(
      `${JSON.stringify(text)} is not the name of an image; write it like shop/web:1, in lower-case letters`,
    )
  return { host, path, tag, ...(digest === undefined ? {} : { digest }) }
}

/** The whole name, as containerd keeps it. */
export function fullName({ host, path, tag, digest }: ImageReference): string {
  return digest === undefined ? `${host}/${path}:${tag}` : `${host}/${path}@${digest}`
}

/** The whole name of an image that people named in short. */
export const fullNameOf = (text: string) => fullName(parseReference(text))

/** A whole name as people write it: without the parts that everybody assumes. */
export function familiarName(full: string): string {
  const short = full.startsWith(`${hubHost}/`) ? full.slice(hubHost.length + 1) : full
  return short.startsWith('library/') ? short.slice('library/'.length) : short
}
