/** Images: kept, read, built and served on the machine itself. Knows no cluster and no container runtime. */
export { type Machine as ImageMachine, nodeImage, nodeImageName } from './base/node-image.ts'
export { buildDirectory, type DirectoryBuild } from './build/build-directory.ts'
export { ImageError } from './image-error.ts'
export { type ImageConfig, type ImageManifest, ociArchitecture } from './oci.ts'
export { familiarName, fullNameOf } from './reference.ts'
export { type ImageRegistry, openRegistry } from './registry/registry.ts'
export { exportImage, type ImportOptions, importImages } from './store/archive.ts'
export { ImageStore, type NamedImage } from './store/image-store.ts'
