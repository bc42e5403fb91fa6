import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { Failure, NotFound } from '../../../src/domain/failure.ts'
import { newId } from '../../../src/usecases/context.ts'
import { record } from '../../../src/usecases/audit.ts'
import { auditEventsOf, forgetPerson } from '../../../src/usecases/people/audit.ts'
import { buildCtx } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()

const eventsAbout = (subjectId: string) => database.db.prisma.auditEvent.findMany({ where: { subjectId } })

test('an event says who, what, where and when, and goes back with its transaction', async () => {
  const ctx = { ...(await buildCtx(database.db)), ipAddress: '192.0.2.7' }
  const [kept, undone] = [newId(), newId()]
  await transact(ctx.db, (tx) =>
    record(ctx, tx, { action: 'MEMBER_UPDATED', subjectId: kept, details: { role: 'VIEWER' } }),
  )
  expect(await eventsAbout(kept)).toMatchObject([
    {
      workspaceId: ctx.actor.workspaceId,
      actorId: 'owner',
      action: 'MEMBER_UPDATED',
      occurredAt: ctx.now(),
      details: { role: 'VIEWER' },
      ipAddress: '192.0.2.7',
      requestId: ctx.requestId,
    },
  ])
  const refused = await transact(ctx.db, async (tx) => {
    await record(ctx, tx, { action: 'MEMBER_REMOVED', subjectId: undone })
    return new NotFound('Workspace', undone)
  })
  expect(refused).toBeInstanceOf(Failure)
  expect(await eventsAbout(undone)).toEqual([])
})

test('an event can be neither changed nor removed, until it is old or its workspace is purged', async () => {
  const ctx = await buildCtx(database.db)
  const subject = newId()
  await record(ctx, database.db, { action: 'SIGNED_IN', subjectId: subject })
  for (const statement of [
    `update audit_events set action = 'SIGNED_OUT' where subject_id = '${subject}'`,
    `update audit_events set actor_id = 'other' where subject_id = '${subject}'`,
    `update audit_events set details = '{"email": "a@example.org"}' where subject_id = '${subject}'`,
    `update audit_events set ip_address = '192.0.2.8' where subject_id = '${subject}'`,
    `delete from audit_events where subject_id = '${subject}'`,
    'truncate audit_events',
  ])
    await expect(database.db.pool.query(statement), statement).rejects.toThrow('only ever added')
  const old = newId()
  const longAgo = { ...ctx, now: () => new Date(Date.now() - 31 * 24 * 60 * 60 * 1000) }
  await record(longAgo, database.db, { action: 'SIGNED_IN', subjectId: old })
  await database.db.pool.query(`delete from audit_events where subject_id = '${old}'`)
  await database.db.pool.query(
    'update workspaces set deleted_at = now(), deleted_by = $2, purge_after = now(), purged_at = now() where id = $1',
    [ctx.actor.workspaceId, 'owner'],
  )
  await database.db.pool.query(`delete from audit_events where subject_id = '${subject}'`)
  expect([await eventsAbout(old), await eventsAbout(subject)]).toEqual([[], []])
})

test('the events by and about a person are exported, and lose what names the person', async () => {
  const ctx = await buildCtx(database.db)
  const [person, other] = [newId(), newId()]
  const by = { ...ctx, actor: { ...ctx.actor, id: person }, ipAddress: '192.0.2.1' }
  const about = { ...ctx, actor: { ...ctx.actor, id: other }, ipAddress: '192.0.2.2' }
  await record(by, database.db, { action: 'SIGNED_IN', details: { userAgent: 'Browser', method: 'PASSKEY' } })
  await record(about, database.db, { action: 'MEMBER_ADDED', subjectId: person, details: { name: 'Ada' } })
  await record(about, database.db, { action: 'SIGNED_IN', details: { userAgent: 'Other' } })
  expect((await auditEventsOf(database.db, person)).map(({ action }) => action)).toEqual([
    'SIGNED_IN',
    'MEMBER_ADDED',
  ])
  await transact(ctx.db, (tx) => forgetPerson(tx, person))
  expect(await auditEventsOf(database.db, person)).toMatchObject([
    { actorId: person, ipAddress: null, details: { method: 'PASSKEY' } },
    { subjectId: person, ipAddress: '192.0.2.2', details: {} },
  ])
  expect(await auditEventsOf(database.db, other)).toMatchObject([{}, { details: { userAgent: 'Other' } }])
})
