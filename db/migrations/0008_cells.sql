-- A cell becomes one row with a column a part (funnel.Part), null where it has
-- none. What was counted so far goes with its table: every campaign is counted
-- anew when the database is opened.
drop table cells;

create table cells (
  campaign_id bigint   not null,
  generation  bigint   not null,
  grouping_no smallint not null,
  bucket      bigint   not null,
  key_no      bigint   not null,
  sums        bytea,
  pairs       bytea,
  spread      bytea,
  agents      bytea,
  curve       bytea,
  constraint cells_pk primary key (campaign_id, generation, grouping_no, bucket, key_no)
) /*clustered*/;

update progress set counting_version = 0;
