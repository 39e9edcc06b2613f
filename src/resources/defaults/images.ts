/** Whether an image reference names the tag latest, or no tag and no digest at all. */
export function isLatest(image: string): boolean {
  if (image.includes('@')) return false
  const tag = /:([\w][\w.-]{0,127})$/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1]
  return tag === undefined || tag === 'latest'
}
