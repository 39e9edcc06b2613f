/** Volume sources of old that CSI drivers serve today. */
const drivers: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'ebs.csi.aws.com',
  azureDisk: 'disk.csi.azure.com',
  azureFile: 'file.csi.azure.com',
  cinder: 'cinder.csi.openstack.org',
  gcePersistentDisk: 'pd.csi.storage.gke.io',
  portworxVolume: 'pxd.portworx.com',
  vsphereVolume: 'csi.vsphere.vmware.com',
}

/** The CSI driver that serves a volume which does not say so itself; empty for all others. */
export function migratedDriverOf(volume: Readonly<Record<string, unknown>>): string {
  const source = Object.keys(drivers).find((one) => volume[one] !== undefined)
  return source === undefined ? '' : drivers[source]!
}
