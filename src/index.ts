/** Coxswain inside a program: a whole cluster for a test, and the client to talk to it. */
export { type StartClusterOptions, startCluster, type TestCluster } from './cluster/in-process.ts'
