import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chainId, mountCall } from './image-mounts.ts'

test('layers upon each other are named as OCI says', () => {
  assert.equal(chainId(['sha256:a']), 'sha256:a')
  const two = 'sha256:970a948bffa8de94d6e22d747ba8c95030e6e546909f98f54e99a13005e173a8'
  assert.equal(chainId(['sha256:a', 'sha256:b']), two)
})

test('a mount of many layers runs where they all are, so that its options stay short', () => {
  const at = (id: number) => `/var/lib/c d/snapshots/${id}/fs`
  const target = '/pods/uid/volumes/kubernetes.io~image/v'
  assert.deepEqual(mountCall(`mount -t overlay overlay ${target} -o index=off,lowerdir=/s/12/fs:/s/1/fs\n`, target), {
    cwd: '/s',
    words: ['-t', 'overlay', '-o', 'index=off,lowerdir=12/fs:1/fs', 'overlay', target],
  })
  assert.deepEqual(mountCall(`mount -t bind ${at(3)} ${target} -o ro,rbind`, target), {
    cwd: '/',
    words: ['-o', 'ro,rbind', at(3), target],
  })
  assert.throws(() => mountCall('something else', target), /cannot be understood/)
})
