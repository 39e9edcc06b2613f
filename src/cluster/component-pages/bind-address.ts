/** Where to listen. */
export interface BindAddress {
  /** An IP address. */
  readonly host: string
  readonly port: number
}

/** `10.0.0.1:80`, `[::1]:80`, or an address alone, to which Kubernetes adds the usual port. */
export function bindAddressOf(text: string | undefined, usual: BindAddress): BindAddress {
  if (text === undefined || text === '') return usual
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  return host === undefined ? { host: text, port: usual.port } : { host, port: Number(port ?? usual.port) }
}

/** The same as text. */
export function boundAt({ host, port }: BindAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Where to ask on the machine itself. */
export function hostAsked({ host }: BindAddress): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
