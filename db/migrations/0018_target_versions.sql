-- What was aimed at when: each time a target was set, or, with kpi null, taken away. The
-- columns are those of targets. Of targets that were there before nobody knows since when.
create table target_versions (
  ref        text   not null,
  version_no bigint not null,
  set_ms     bigint not null,
  kpi        text,
  place      text,
  comparator text,
  value      text,
  from_at    text,
  to_at      text,
  stage      text,
  constraint target_versions_pk primary key (ref, version_no)
);
insert into target_versions (ref, version_no, set_ms, kpi, place, comparator, value, from_at, to_at, stage)
  select ref, 1, 0, kpi, place, comparator, value, from_at, to_at, stage from targets;
