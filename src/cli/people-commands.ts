import type { Command } from 'commander'
import type { App } from '../app.ts'
import {
  addToWorkspace,
  createUser,
  type CreateOptions,
  exportUser,
  type InWorkspace,
  listMembers,
  listUsers,
  removeFromWorkspace,
  removeUser,
  resetPassword,
} from './people.ts'

type WithApp = (work: (app: App) => Promise<void>) => Promise<void>

const onDatabase = 'Works on the database, so it needs no sign-in.'

/** Adds the commands that manage people and members. */
export function addPeopleCommands(program: Command, withApp: WithApp) {
  const orFail = (work: (app: App) => Promise<boolean>) =>
    withApp(async (app) => {
      if (!(await work(app))) process.exitCode = 1
    })
  addUserCommands(program, withApp, orFail)
  addMemberCommands(program, withApp, orFail)
}

type OrFail = (work: (app: App) => Promise<boolean>) => Promise<void>

function addUserCommands(program: Command, withApp: WithApp, orFail: OrFail) {
  const users = program.command('users').description(`Manage the people who sign in. ${onDatabase}`)
  users
    .command('create')
    .description('Print a link by which a person registers, or add the person with a password.')
    .requiredOption('--email <address>', 'the address to sign in with')
    .option('--name <name>', 'the name; needed with --password-stdin, otherwise the person gives it')
    .option('--workspace <id>', 'the workspace to let the person into (default: the default workspace)')
    .option('--role <role>', 'owner, editor or viewer', 'editor')
    .option('--password-stdin', 'read the password from the standard input and add the person at once')
    .action((options: CreateOptions) => orFail((app) => createUser(app, options)))
  users
    .command('list')
    .description('List all people.')
    .option('--json', 'print only JSON')
    .action((options: { json?: boolean }) => withApp((app) => listUsers(app, options)))
  users
    .command('reset-password <email>')
    .description('Print a link by which a person chooses a new password, or set one.')
    .option('--password-stdin', 'read the password from the standard input and set it; ends all sessions')
    .action((email: string, options: { passwordStdin?: boolean }) =>
      orFail((app) => resetPassword(app, email, options)),
    )
  users
    .command('remove <email>')
    .description('Erase a person and their personal data. What they made stays, without their name.')
    .option('--force <email>', 'who becomes the owner of the workspaces that would have none')
    .action((email: string, options: { force?: string }) => orFail((app) => removeUser(app, email, options)))
  users
    .command('export <email>')
    .description('Print everything that is stored about a person, as JSON.')
    .action((email: string) => orFail((app) => exportUser(app, email)))
}

function addMemberCommands(program: Command, withApp: WithApp, orFail: OrFail) {
  const members = program.command('members').description(`Manage who works in a workspace. ${onDatabase}`)
  members
    .command('add <email>')
    .description('Let a person into a workspace. A member keeps their role.')
    .option('--workspace <id>', 'the workspace (default: the default workspace)')
    .option('--role <role>', 'owner, editor or viewer', 'editor')
    .action((email: string, options: InWorkspace) => orFail((app) => addToWorkspace(app, email, options)))
  members
    .command('list')
    .description('List the members of all workspaces.')
    .option('--workspace <id>', 'only of this workspace')
    .option('--json', 'print only JSON')
    .action((options: InWorkspace & { json?: boolean }) => withApp((app) => listMembers(app, options)))
  members
    .command('remove <email>')
    .description('Remove a person from a workspace, with their API tokens there.')
    .option('--workspace <id>', 'the workspace (default: the default workspace)')
    .action((email: string, options: InWorkspace) =>
      orFail((app) => removeFromWorkspace(app, email, options)),
    )
}
