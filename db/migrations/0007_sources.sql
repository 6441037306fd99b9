-- The configured senders of dialers' messages. They belong to no campaign: the
-- table is small and shared. config is what was PUT without its secret; meanings
-- is what each code of the source says, as it was resolved by that PUT.
create table sources (
  source_no  bigint not null,
  ref        text   not null,
  created_ms bigint not null,
  -- raised by every PUT
  version    bigint not null,
  config     text   not null,
  secret     text   not null,
  meanings   text   not null,
  constraint sources_pk primary key (source_no),
  constraint sources_ref_uq unique (ref)
);

-- Every message of a dialer as it came, compressed. Those that are parked belong
-- to no campaign yet and stand under campaign_id 0, the installation. state: 1
-- applied, 2 parked, 3 refused. hash finds a message that comes again, which is
-- kept once; one whose hash another has already takes the next that is free.
create table messages (
  campaign_id bigint   not null,
  message_no  bigint   not null,
  source_no   bigint   not null,
  received_ms bigint   not null,
  state       smallint not null,
  repeats     bigint   not null,
  hash        bigint   not null,
  reason      text,
  packed      bytea    not null,
  constraint messages_pk primary key (campaign_id, message_no),
  constraint messages_hash_uq unique (campaign_id, hash)
) /*clustered*/;

-- The names by which dialers' messages mean one call, and the ref of its attempt.
-- weight is how good a name is as that ref. A call with one name has no row here.
create table calls (
  campaign_id bigint   not null,
  name        text     not null,
  ref         text     not null,
  weight      smallint not null,
  constraint calls_pk primary key (campaign_id, name)
) /*clustered*/;
create index calls_ref_ix on calls (campaign_id, ref);

-- named is 1 once any call of the campaign has a row in calls.
alter table progress add column last_message_no bigint not null default 0;
alter table progress add column named smallint not null default 0;

insert into progress (campaign_id, version, generation, next_generation, heard_attempt_no, folded_lead_no, arrived_us, last_lead_no, last_attempt_no, last_label_no, last_cost_no)
  values (0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
