-- When an agent's wrap-up began and was over, for dialers that tell the two apart.
alter table attempts add column wrap_began_ms bigint;
alter table attempts add column wrap_over_ms bigint;
