/** Client: the one way to the API, for everyone, with the caches and queues built on it. Knows no component. */
export type { Client, DeleteOptions, ListQuery, Patch, WatchQuery } from './client.ts'
export { createClient } from './client.ts'
export { type ElectionParts, runElection } from './election/election.ts'
export { createEventRecorder, type EventRecorderParts, type RecordEvent, referenceTo } from './events/recorder.ts'
export type { Informer, InformerFilter, InformerParts, Informers, Listener, Lister } from './informer/informer.ts'
export { createInformers } from './informer/informer.ts'
export { credentialsFromKubeconfig } from './kubeconfig/credentials.ts'
export { type HttpCredentials, httpTransport } from './transport/http.ts'
