import type { ApiVerb } from '../../machinery/index.ts'

/** The HTTP method that each verb goes by over the wire. */
export const methods = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
} as const satisfies Readonly<Record<ApiVerb, string>>
