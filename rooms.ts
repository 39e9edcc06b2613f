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
  kubelet: ['machinery', 'resources', 'client', 'wire'],
  proxy: ['machinery', 'resources', 'client'],
  dns: ['machinery', 'resources', 'client'],
  cluster: ['*'],
  cli: ['machinery', 'resources', 'client', 'images', 'cluster'],
}

/** Third-party packages, each with the one folder below src/ that may import it. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['kubelet/cri', 'kubelet/probes'],
  '@grpc/proto-loader': ['kubelet/cri', 'kubelet/probes'],
  '@peculiar/x509': ['cluster/certificates'],
  'reflect-metadata': ['cluster/certificates'],
  'dns-packet': ['dns'],
  jose: ['apiserver/authn', 'cluster/certificates'],
  'js-yaml': ['machinery/yaml'],
  re2js: ['machinery/cel'],
  'tar-stream': ['images'],
  ws: ['wire'],
}
