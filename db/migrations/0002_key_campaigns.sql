-- The campaigns a key is bound to; a key without rows here is good for all. Small
-- and shared like the keys themselves.
create table access_key_campaigns (
  key_id      text   not null,
  campaign_id bigint not null,
  constraint access_key_campaigns_pk primary key (key_id, campaign_id)
) /*clustered*/;
