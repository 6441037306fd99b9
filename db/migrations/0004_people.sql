-- What was said of the people who dial. They belong to no campaign: the table is
-- small and shared, like the keys.
create table agents (
  agent_no   bigint not null,
  ref        text   not null,
  name       text,
  team       text,
  created_ms bigint not null,
  constraint agents_pk primary key (agent_no),
  constraint agents_ref_uq unique (ref)
);

-- Leads' own time zones become numbered texts like lists and sources (label kind
-- 5), as reports group by them.
alter table leads add column zone_no bigint;

insert into labels (campaign_id, label_no, kind, body)
  select z.campaign_id, p.last_label_no + row_number() over (partition by z.campaign_id order by z.first_lead_no), 5, z.time_zone
  from (select campaign_id, time_zone, min(lead_no) as first_lead_no
    from leads where time_zone is not null group by campaign_id, time_zone) z
  join progress p on p.campaign_id = z.campaign_id;

update leads set zone_no = (select b.label_no from labels b where b.campaign_id = leads.campaign_id and b.kind = 5 and b.body = leads.time_zone)
  where time_zone is not null;

update progress set last_label_no = (select max(b.label_no) from labels b where b.campaign_id = progress.campaign_id)
  where exists (select 1 from labels b where b.campaign_id = progress.campaign_id and b.kind = 5);

alter table leads drop column time_zone;
