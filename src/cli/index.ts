/** CLI: what people and scripts type. Results on standard output, progress and messages on standard error. */
export { type Command, CommandError, type Environment, type Invocation } from './command.ts'
export { main, type Surroundings } from './main.ts'
export { createTerminal, type Terminal } from './terminal.ts'
