-- By what a shared cost goes to the campaigns (campaign.Driver). Shared costs are those
-- of campaign 0, the installation.
alter table costs add column driver smallint;

-- The cards calls are rated by, each time they were put: what is known now stands in
-- the campaign's configuration, what was known then is read from here.
create table rates (
  campaign_id bigint not null,
  put_us      bigint not null,
  body        text   not null,
  constraint rates_pk primary key (campaign_id, put_us)
) /*clustered*/;

-- What one unit of the base is worth in the quote, a decimal text, from an instant
-- until the next of the pair. They belong to the whole installation.
create table exchange_rates (
  base    text   not null,
  quote   text   not null,
  from_ms bigint not null,
  rate    text   not null,
  constraint exchange_rates_pk primary key (base, quote, from_ms)
);
