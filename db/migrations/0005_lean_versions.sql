-- Versions in fewer bytes: content packed instead of as JSON, and the sender's
-- instant only where there is one; without it the arrival dates the version.
-- Go on in db/lean.go, which packs those that are there and drops their old table.
alter table versions rename to versions_as_text;

create table versions (
  campaign_id bigint   not null,
  kind        smallint not null,
  fact_no     bigint   not null,
  version_no  bigint   not null,
  updated_ms  bigint,
  arrived_us  bigint   not null,
  content     bytea    not null,
  constraint versions_packed_pk primary key (campaign_id, kind, fact_no, version_no)
) /*clustered*/;
