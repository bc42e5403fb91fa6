-- Stored files get into further slots without an upload, alone or with a copy of their owner. The order is that of the
-- Prisma schema.
alter type media_operation add value 'ATTACH' before 'MOVE';
alter type media_operation add value 'COPY' before 'MOVE';
