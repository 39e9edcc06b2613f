const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const host = '(?:[a-zA-Z0-9.-]+|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?'
const lengthMax = 255
const reference = new RegExp(`^(?:${host}/)?${component}(?:/${component})*(?::\\w[\\w.-]{0,127})?$`)

/** Whether an image reference names the tag latest, or no tag and no digest at all; what is no reference names nothing. */
export function isLatest(image: string): boolean {
  if (image.includes('@') || image.length > lengthMax || !reference.test(image)) return false
  const tag = /:([\w][\w.-]{0,127})$/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1]
  return tag === undefined || tag === 'latest'
}
