create table if not exists station (
  id text primary key
);

-- The number is the channel's: what comes again has it again, and so is here once.
create table if not exists reading (
  station text not null references station (id),
  number bigint not null,
  taken_at timestamptz not null,
  celsius double precision not null,
  primary key (station, number)
);
