-- An entry of a closed month is posted as an adjustment.
alter table costs add column adjustment smallint;

-- Each closing of a month: what its figures were, packed (db/closing.go). A month that
-- was reopened may be closed again; no row ever goes. month is its first day, from_ms and
-- to_ms what it was in the campaign's zone. What arrived after known_ms is no part of it.
create table closings (
  campaign_id bigint   not null,
  month       bigint   not null,
  closing_no  bigint   not null,
  currency    text     not null,
  from_ms     bigint   not null,
  to_ms       bigint   not null,
  known_ms    bigint   not null,
  version     bigint   not null,
  closed_by   text     not null,
  reopened_ms bigint,
  reopened_by text,
  frozen      bytea    not null,
  constraint closings_pk primary key (campaign_id, month, closing_no)
);
