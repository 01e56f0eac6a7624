import type { Command } from './command.ts'
import { clientCommands } from './commands/clients.ts'
import { doctorCommands } from './commands/doctor.ts'
import { explainCommands } from './commands/explain.ts'
import { keyCommands } from './commands/keys.ts'
import { manifestCommands } from './commands/manifest.ts'
import { secretCommands } from './commands/secrets.ts'

/** What the program can do. The first whose words the line starts with is meant, so longer ones come first. */
export const commands: readonly Command[] = [...doctorCommands, ...explainCommands, ...manifestCommands, ...secretCommands, ...clientCommands, ...keyCommands]
