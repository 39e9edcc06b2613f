/** The architecture: each room, and the rooms it may import. The order is the reading order. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  machinery: [],
  resources: ['machinery'],
  store: ['machinery'],
  wire: ['machinery'],
  apiserver: ['machinery', 'resources', 'store', 'wire'],
  client: ['machinery', 'resources'],
  controllers: ['machinery', 'resources', 'client'],
  scheduler: ['machinery', 'resources', 'client'],
  images: ['machinery'],
  cloud: ['machinery'],
  kubelet: ['machinery', 'resources', 'client', 'wire'],
  proxy: ['machinery', 'resources', 'client'],
  dns: ['machinery', 'resources', 'client'],
  autoscaler: ['machinery', 'resources', 'client', 'controllers', 'scheduler'],
  cluster: ['*'],
  cli: ['machinery', 'resources', 'client', 'images', 'cloud', 'cluster'],
}

/**
 * Parts of a room that are loaded only when first needed, each with a front door of its own: through the room's own index.ts
 * they would be loaded by everybody at start.
 */
export const sideDoors: Readonly<Record<string, readonly string[]>> = {
  machinery: ['cel/index.ts', 'structural-schema/index.ts'],
}

/** Third-party packages, each with the one folder below src/ that may import it. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['kubelet/cri', 'kubelet/probes', 'cluster/kms', 'cluster/tracing', 'cluster/connections'],
  '@grpc/proto-loader': ['kubelet/cri', 'kubelet/probes', 'cluster/kms', 'cluster/tracing', 'cluster/connections'],
  '@noble/ciphers': ['store/sqlite'],
  'dns-packet': ['dns'],
  jose: ['apiserver/authn', 'cluster/certificates'],
  'js-yaml': ['machinery/yaml'],
  re2js: ['machinery/cel', 'machinery/regex'],
  'tar-stream': ['images'],
  ws: ['wire'],
}
