-- By what the current generation was counted: the version of the program's own
-- way of packing and counting (countingVersion in db/rebuild.go), and the rules of
-- the campaign's time zone, as campaign.ZoneRules sums them up; 0: not known.
alter table progress add column counting_version bigint not null default 1;
alter table progress add column zone_rules bigint not null default 0;
-- Of a recount under way: by which rules of the zone it counts, and whether it
-- packs all histories anew from the facts.
alter table progress add column next_zone_rules bigint not null default 0;
alter table progress add column repacks smallint not null default 0;
