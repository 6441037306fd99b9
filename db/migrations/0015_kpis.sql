-- KPIs of callers' own, and targets. Both belong to the whole installation: a KPI is told
-- of every campaign, and a target's place is named by its ref, as a key's is.
create table kpis (
  id        text   not null,
  name      text   not null,
  formula   text   not null,
  unit      text   not null,
  direction text   not null,
  version   bigint not null,
  constraint kpis_pk primary key (id)
);

-- place is the store's name of what the target is for; value is a decimal text, from_at and
-- to_at are moments as they were put, dates among them: the place's calendar cuts them.
create table targets (
  ref        text   not null,
  kpi        text   not null,
  place      text   not null,
  comparator text   not null,
  value      text   not null,
  from_at    text   not null,
  to_at      text   not null,
  stage      text,
  constraint targets_pk primary key (ref)
);
