/** Who the server is to a webhook. */
export interface WebhookUser {
  /** PEM. */
  readonly cert?: string
  readonly key?: string
  readonly token?: () => string
  readonly username?: string
  readonly password?: string
}
/** Who the server is to the webhooks it calls, by name; `*` stands for all that is not named, or for the first parts of a name. */
export interface WebhookCredentials {
  readonly users: ReadonlyMap<string, WebhookUser>
  /** Who it is to all others. */
  readonly current?: string
}

/** Kubernetes: the most exact name counts, with the port before without, which is only looked at for that of HTTPS. */
export function webhookUserFor(
  { users, current }: WebhookCredentials,
  host: string,
  port: number,
): WebhookUser | undefined {
  const names = [...namesOf(`${host}:${port}`), ...(port === 443 ? namesOf(host) : []), '*', current ?? '']
  const name = names.find((one) => users.has(one))
  return name === undefined ? undefined : users.get(name)
}

function namesOf(target: string): readonly string[] {
  const steps = target.split('.')
  return [target, ...steps.slice(1).map((_, index) => `*.${steps.slice(index + 1).join('.')}`)]
}

/** The header that says so; undefined where a certificate does, or nothing. */
export function authorizationOf({ token, username, password }: WebhookUser): string | undefined {
  if (token !== undefined) return `Bearer ${token()}`
  if (username === undefined && password === undefined) return undefined
  return `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}`
}
