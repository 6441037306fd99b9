-- What only a dialer's messages say of an attempt: the talk and the wait in a
-- queue that it states by themselves, and the source whose codes it speaks.
alter table attempts add column talk_ms bigint;
alter table attempts add column queue_wait_ms bigint;
alter table attempts add column dialer_no bigint;
