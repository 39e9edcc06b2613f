import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chainId, mountCall, mountImage } from './image-mounts.ts'

test('layers upon each other are named as OCI says', () => {
  assert.equal(chainId(['sha256:a']), 'sha256:a')
  const two = 'sha256:970a948bffa8de94d6e22d747ba8c95030e6e546909f98f54e99a13005e173a8'
  assert.equal(chainId(['sha256:a', 'sha256:b']), two)
})

test('the files of an image are held by a snapshot that containerd keeps until it is told otherwise', async () => {
  const calls: string[] = []
  const ctr = async (...words: string[]) => {
    calls.push(words.join(' '))
    if (words[0] === 'content') return JSON.stringify({ rootfs: { diff_ids: ['sha256:a'] } })
    if (words.includes('mounts')) throw new Error('unavailable')
    return ''
  }
  await assert.rejects(mountImage(ctr, 'sha256:1', '/pods/v'), /unavailable/)
  assert.deepEqual(calls, [
    'content get sha256:1',
    'snapshots --snapshotter overlayfs rm /pods/v',
    'snapshots --snapshotter overlayfs prepare /pods/v sha256:a',
    'snapshots --snapshotter overlayfs mounts /pods/v /pods/v',
    'snapshots --snapshotter overlayfs rm /pods/v',
  ])
})

test('a mount of many layers runs where they all are, so that its options stay short, and cannot be written to', () => {
  const at = (id: number) => `/var/lib/c d/snapshots/${id}/fs`
  const own = 'workdir=/s/13/work,upperdir=/s/13/fs'
  const target = '/pods/uid/volumes/kubernetes.io~image/v'
  assert.deepEqual(
    mountCall(`mount -t overlay overlay ${target} -o index=off,${own},lowerdir=/s/12/fs:/s/1/fs\n`, target),
    {
      cwd: '/s',
      words: ['-t', 'overlay', '-o', 'index=off,lowerdir=12/fs:1/fs', 'overlay', target],
    },
  )
  const bound = { cwd: '/', words: ['-o', 'ro,rbind', at(3), target] }
  assert.deepEqual(mountCall(`mount -t overlay overlay ${target} -o index=off,${own},lowerdir=${at(3)}`, target), bound)
  assert.deepEqual(mountCall(`mount -t bind ${at(3)} ${target} -o rw,rbind`, target), bound)
  assert.throws(() => mountCall('something else', target), /cannot be understood/)
})
