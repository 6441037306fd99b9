-- Who posted a version: of a campaign's arrivals from an instant of its arrival clock
-- until the next row, by the id of a key or a user; '' where it was neither (dialers'
-- messages, imports into the file). A row stands where that changes, so a campaign that
-- one key posts to has one. progress remembers who was last.
create table arrivals (
  campaign_id bigint not null,
  from_us     bigint not null,
  posted_by   text   not null,
  constraint arrivals_pk primary key (campaign_id, from_us)
) /*clustered*/;
alter table progress add column posted_by text not null default '';

-- Who put the cards, and who changed which fields of a configuration when (JSON).
alter table rates add column put_by text not null default '';
create table config_changes (
  campaign_id bigint not null,
  put_us      bigint not null,
  put_by      text   not null,
  fields      text   not null,
  constraint config_changes_pk primary key (campaign_id, put_us)
);
