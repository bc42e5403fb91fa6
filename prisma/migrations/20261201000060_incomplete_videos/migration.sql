-- A video whose file ends before it does was read, but is not whole.
ALTER TYPE "probe_status" ADD VALUE 'INCOMPLETE' AFTER 'NO_DURATION';
