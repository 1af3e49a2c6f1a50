-- sample.sql - the DDL that the sample type must print, below these two lines.
-- SPDX-License-Identifier: Apache-2.0
-- A sample of every field type
CREATE TABLE sample (
  id BIGINT NOT NULL PRIMARY KEY, -- Number of the record within its type
  version BIGINT NOT NULL, -- Grows by one with each change, sent as If-Match
  created_at BIGINT NOT NULL, -- When it was added
  updated_at BIGINT NOT NULL, -- When it was last changed
  retired_at BIGINT, -- When it was retired, if it was
  name TEXT NOT NULL UNIQUE, -- Short name
  note TEXT, -- Remark about a person
  body TEXT, -- What it says
  code TEXT, -- Four characters
  count BIGINT NOT NULL, -- How many
  extra BIGINT, -- How many more
  ratio DOUBLE PRECISION NOT NULL, -- Part of the whole
  score DOUBLE PRECISION, -- Points
  live BIGINT NOT NULL CHECK (live IN (0, 1)), -- In use
  checked BIGINT CHECK (checked IN (0, 1)), -- Looked at
  colour TEXT NOT NULL CHECK (colour IN ('red', 'green', 'blue')), -- Colour
  mood TEXT CHECK (mood IN ('red', 'green', 'blue')), -- Colour of the mood
  seen_at BIGINT NOT NULL, -- When it was seen
  done_at BIGINT, -- When it was done
  starts_on BIGINT NOT NULL, -- First day
  ends_on BIGINT, -- Last day
  price BIGINT NOT NULL, -- What it costs
  cost BIGINT, -- What it cost us
  home BIGINT NOT NULL REFERENCES place(id), -- Where it lives
  source BIGINT REFERENCES entry(id), -- Where it comes from
  groups TEXT, -- Groups of people
  hues TEXT, -- Colours on it
  settings TEXT, -- Free settings
  total BIGINT NOT NULL, -- Computed
  token TEXT -- What only the program knows
);
CREATE INDEX sample_code_ix ON sample (code, id, retired_at);
CREATE INDEX sample_count_ix ON sample (count, id, retired_at);
CREATE INDEX sample_score_ix ON sample (score, id, retired_at);
CREATE INDEX sample_checked_ix ON sample (checked, id, retired_at);
CREATE INDEX sample_colour_ix ON sample (colour, id, retired_at);
CREATE INDEX sample_mood_ix ON sample (mood, id, retired_at);
CREATE INDEX sample_starts_on_ix ON sample (starts_on, id, retired_at);
CREATE INDEX sample_home_ix ON sample (home, id, retired_at);
CREATE INDEX sample_source_ix ON sample (source, id, retired_at);
