/** An image could not be read, built or found; the message is one sentence that says what to do. */
export class ImageError extends Error {
  override name = 'ImageError'
}
