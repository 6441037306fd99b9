-- Instants are milliseconds UTC (_ms) or microseconds UTC (_us), durations
-- milliseconds (_ms), amounts minor units of the campaign's currency (_minor),
-- yes/no 0 or 1. Closed lists are small numbers: their words stand in
-- campaign/field.go. /*clustered*/ stores a table in the order of its primary key
-- on engines that can.
--
-- Tables of campaigns, keys and this schema are small and shared; every other
-- table leads all its keys with campaign_id, so that it can be distributed by it.

create table campaigns (
  campaign_id    bigint not null,
  ref            text   not null,
  created_ms     bigint not null,
  config_version bigint not null,
  -- what the last PUT said, and what the current generation is counted by: they
  -- differ while a recount is under way
  config         text   not null,
  counted_config text   not null,
  constraint campaigns_pk primary key (campaign_id),
  constraint campaigns_ref_uq unique (ref)
);

create table access_keys (
  key_id     text   not null,
  secret_sha256 text not null,
  role       text   not null,
  label      text   not null,
  created_ms bigint not null,
  revoked_ms bigint,
  constraint access_keys_pk primary key (key_id)
);

-- The row every write of a campaign locks first, with what only a writer counts.
create table progress (
  campaign_id     bigint not null,
  version         bigint not null,
  generation      bigint not null,
  -- a recount under way: the generation it fills (0: none), and up to which
  -- attempt and lead it has come
  next_generation bigint not null,
  heard_attempt_no bigint not null,
  folded_lead_no  bigint not null,
  arrived_us      bigint not null,
  last_lead_no    bigint not null,
  last_attempt_no bigint not null,
  last_label_no   bigint not null,
  last_cost_no    bigint not null,
  constraint progress_pk primary key (campaign_id)
);

-- The callers' own texts, numbered. kind: 1 agent, 2 list, 3 source, 4 disposition.
create table labels (
  campaign_id bigint   not null,
  label_no    bigint   not null,
  kind        smallint not null,
  body        text     not null,
  constraint labels_pk primary key (campaign_id, label_no),
  constraint labels_body_uq unique (campaign_id, kind, body)
) /*clustered*/;

-- Facts: the merge of their versions. named and nulls are bit sets over the field
-- table; ranked_us and dated rank the newest version; arrived_us is when the
-- first one came. While versions = 1 the row itself is that version.
create table leads (
  campaign_id  bigint   not null,
  lead_no      bigint   not null,
  ref          text     not null,
  generated_ms bigint,
  phone        text,
  name         text,
  list_no      bigint,
  source_no    bigint,
  time_zone    text,
  price_minor  bigint,
  attributes   text,
  void         smallint,
  posted       smallint,
  named        bigint   not null,
  nulls        bigint   not null,
  ranked_us    bigint   not null,
  dated        smallint not null,
  arrived_us   bigint   not null,
  versions     bigint   not null,
  -- The instant of the lead clock: generated_ms, else the earliest attempt's.
  cohort_ms    bigint,
  -- Since when the lead asked not to be called, and when that was last lifted.
  dnc_ms         bigint,
  dnc_lifted_us  bigint,
  constraint leads_pk primary key (campaign_id, lead_no),
  constraint leads_ref_uq unique (campaign_id, ref)
) /*clustered*/;
create index leads_cohort_ix on leads (campaign_id, cohort_ms);

create table attempts (
  campaign_id       bigint   not null,
  attempt_no        bigint   not null,
  ref               text     not null,
  -- 0 while only outcomes of the attempt have come
  lead_no           bigint   not null,
  agent_no          bigint,
  started_ms        bigint,
  result            smallint,
  answered_by       smallint,
  answered_ms       bigint,
  greeting_ended_ms bigint,
  connected_ms      bigint,
  ended_ms          bigint,
  ended_by          smallint,
  hold_ms           bigint,
  wrap_ms           bigint,
  disposition_no    bigint,
  amount_minor      bigint,
  decided_ms        bigint,
  cancelled_ms      bigint,
  callback_ms       bigint,
  phone             text,
  note              text,
  void              smallint,
  named             bigint   not null,
  nulls             bigint   not null,
  ranked_us         bigint   not null,
  dated             smallint not null,
  arrived_us        bigint   not null,
  versions          bigint   not null,
  -- 1 once any version named a disposition that asks not to be called
  asked             smallint not null,
  constraint attempts_pk primary key (campaign_id, attempt_no),
  constraint attempts_ref_uq unique (campaign_id, ref)
) /*clustered*/;
create index attempts_started_ix on attempts (campaign_id, started_ms, lead_no);

create table costs (
  campaign_id  bigint   not null,
  cost_no      bigint   not null,
  ref          text     not null,
  category     smallint,
  amount_minor bigint,
  currency     text,
  from_ms      bigint,
  to_ms        bigint,
  note         text,
  void         smallint,
  named        bigint   not null,
  nulls        bigint   not null,
  ranked_us    bigint   not null,
  dated        smallint not null,
  arrived_us   bigint   not null,
  versions     bigint   not null,
  constraint costs_pk primary key (campaign_id, cost_no),
  constraint costs_ref_uq unique (campaign_id, ref)
) /*clustered*/;

create index costs_from_ix on costs (campaign_id, from_ms);

-- Every version of a fact that has more than one. kind: 1 lead, 2 attempt, 3 cost.
create table versions (
  campaign_id bigint   not null,
  kind        smallint not null,
  fact_no     bigint   not null,
  version_no  bigint   not null,
  ranked_us   bigint   not null,
  dated       smallint not null,
  arrived_us  bigint   not null,
  content     text     not null,
  constraint versions_pk primary key (campaign_id, kind, fact_no, version_no)
) /*clustered*/;

-- Derived from the facts, by fold: a lead's history packed for folding, the
-- cells reports add up, and the instants of the sale and promise clocks.
create table histories (
  campaign_id bigint not null,
  lead_no     bigint not null,
  history     bytea  not null,
  constraint histories_pk primary key (campaign_id, lead_no)
) /*clustered*/;

create table cells (
  campaign_id bigint   not null,
  generation  bigint   not null,
  grouping_no smallint not null,
  part        smallint not null,
  bucket      bigint   not null,
  key_no      bigint   not null,
  vector      bytea    not null,
  constraint cells_pk primary key (campaign_id, generation, grouping_no, part, bucket, key_no)
) /*clustered*/;

create table moments (
  campaign_id bigint not null,
  generation  bigint not null,
  at_ms       bigint not null,
  lead_no     bigint not null,
  constraint moments_pk primary key (campaign_id, generation, at_ms, lead_no)
) /*clustered*/;
