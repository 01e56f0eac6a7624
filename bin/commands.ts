import type { Command } from './command.ts'
import { clientCommands } from './commands/clients.ts'
import { keyCommands } from './commands/keys.ts'
import { secretCommands } from './commands/secrets.ts'

/** What the program can do. The first whose words the line starts with is meant, so longer ones come first. */
export const commands: readonly Command[] = [...secretCommands, ...clientCommands, ...keyCommands]
