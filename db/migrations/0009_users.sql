-- People who sign in. Like the keys they belong to the installation; roles and the
-- campaigns they are bound to mean the same as those of keys. epoch is raised
-- whenever all sessions of a user end.
create table users (
  user_id       text   not null,
  name          text   not null,
  role          text   not null,
  password_hash text,
  epoch         bigint not null,
  created_ms    bigint not null,
  disabled_ms   bigint,
  constraint users_pk primary key (user_id),
  constraint users_name_uq unique (name)
);

create table user_campaigns (
  user_id     text   not null,
  campaign_id bigint not null,
  constraint user_campaigns_pk primary key (user_id, campaign_id)
) /*clustered*/;

-- Links by which a user chooses a password, once; user_id '' stands for the first
-- admin, whom the link makes.
create table user_links (
  token_sha256 text   not null,
  user_id      text   not null,
  expires_ms   bigint not null,
  constraint user_links_pk primary key (token_sha256)
);

-- Sessions of people, found by a hash of the token that their browser holds. One
-- that ended has no data; its row stays until it expires, so that a request under
-- way cannot bring it back.
create table sessions (
  token_sha256 text   not null,
  data         bytea,
  expires_ms   bigint not null,
  constraint sessions_pk primary key (token_sha256)
);
