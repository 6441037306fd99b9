-- What a message said, so that it is taken back when the message is read anew and
-- says something else: the attempt or the lead it was about, and the instant at
-- which all its versions arrived, and nothing else did. 0 where nothing is counted,
-- and of messages that were kept before this was known.
alter table messages add column kind smallint not null default 0;
alter table messages add column fact_no bigint not null default 0;
alter table messages add column arrived_us bigint not null default 0;
