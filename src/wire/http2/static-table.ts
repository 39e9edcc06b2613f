/** Header fields that both sides know from the beginning (RFC 7541, appendix A); the first one's place is 1. */
export const staticFields: readonly (readonly [name: string, value: string])[] = [
  ':authority',
  ':method GET',
  ':method POST',
  ':path /',
  ':path /index.html',
  ':scheme http',
  ':scheme https',
  ...['200', '204', '206', '304', '400', '404', '500'].map((status) => `:status ${status}`),
  'accept-charset',
  'accept-encoding gzip, deflate',
  ...['accept-language', 'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow', 'authorization'],
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-length'],
  ...[
    'content-location',
    'content-range',
    'content-type',
    'cookie',
    'date',
    'etag',
    'expect',
    'expires',
    'from',
    'host',
  ],
  ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified', 'link'],
  ...['location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range', 'referer', 'refresh'],
  ...['retry-after', 'server', 'set-cookie', 'strict-transport-security', 'transfer-encoding', 'user-agent', 'vary'],
  ...['via', 'www-authenticate'],
].map((field) => {
  const [name, ...value] = field.split(' ')
  return [name!, value.join(' ')] as const
})

/** The first place at which each name stands. */
export const placeOfName: ReadonlyMap<string, number> = new Map(
  staticFields.map(([name], at) => [name, at + 1] as const).reverse(),
)
/** Where statuses stand that stand there. */
export const placeOfStatus: ReadonlyMap<string, number> = new Map(
  staticFields.flatMap(([name, value], at) => (name === ':status' ? [[value, at + 1] as const] : [])),
)
