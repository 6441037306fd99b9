-- Facts of service share one table, whatever their kind: what they say is packed by the
-- field table of the kind (campaign/pack.go), so that a further kind takes no further
-- table. at_ms is the instant that places the fact, thread what strings it together
-- with others of its kind; both follow from what it says. A queue's campaign_id is of
-- the same row of numbers as those of campaigns, and progress counts its records as
-- it counts leads.
create table records (
  campaign_id bigint   not null,
  record_no   bigint   not null,
  kind        smallint not null,
  ref         text     not null,
  at_ms       bigint   not null,
  thread      text,
  content     bytea    not null,
  ranked_us   bigint   not null,
  dated       smallint not null,
  arrived_us  bigint   not null,
  versions    bigint   not null,
  constraint records_pk primary key (campaign_id, record_no),
  constraint records_ref_uq unique (campaign_id, ref, kind)
) /*clustered*/;
create index records_at_ix on records (campaign_id, at_ms);
create index records_thread_ix on records (campaign_id, kind, thread, at_ms);
