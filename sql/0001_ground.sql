-- 0001_ground.sql - everything that is no register: log, history, links, accounts, jobs, files.
-- SPDX-License-Identifier: Apache-2.0
-- Times are milliseconds since 1970, truth values 0 or 1. The text serves SQLite and PostgreSQL.

-- The ledger. log_head is one row, so that whoever appends locks it.
CREATE TABLE log_head (one BIGINT PRIMARY KEY CHECK (one = 1), size BIGINT NOT NULL);
INSERT INTO log_head VALUES (1, 0);
CREATE TABLE leaf (seq BIGINT PRIMARY KEY, at BIGINT NOT NULL, body BYTEA NOT NULL);
CREATE TABLE checkpoint (size BIGINT PRIMARY KEY, at BIGINT NOT NULL, root BYTEA NOT NULL, note TEXT NOT NULL);

-- Every version of every record, from which field history and as-of reads come.
CREATE TABLE history (
    type TEXT NOT NULL,          -- record type: "ai_system"
    id BIGINT NOT NULL,          -- of the record
    version BIGINT NOT NULL,     -- 1, 2, 3, ...
    at BIGINT NOT NULL,          -- when this version began
    actor BIGINT NOT NULL,       -- account that made it; 0 = the program itself
    body TEXT NOT NULL,          -- the record as JSON
    PRIMARY KEY (type, id, version)
);

-- Many-to-many members (FT_LINKS).
CREATE TABLE link (
    type TEXT NOT NULL,          -- record type that points
    field TEXT NOT NULL,         -- its member
    from_id BIGINT NOT NULL,     -- the record that points
    position BIGINT NOT NULL,    -- order within the member, from 0
    to_id BIGINT NOT NULL,       -- the record pointed at; the member's table names its type
    PRIMARY KEY (type, field, from_id, position)
);
CREATE INDEX link_back ON link (type, field, to_id);

-- Keys of the digests that stand for personal data in the log; erasing a salt is forgetting.
CREATE TABLE salt (
    type TEXT NOT NULL,          -- record type
    id BIGINT NOT NULL,          -- of the record
    salt BYTEA NOT NULL,         -- 32 random bytes
    PRIMARY KEY (type, id)
);

-- What the installation remembers about itself.
CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE account (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,         -- what is typed at login
    person BIGINT,                     -- record of type person, if any
    password_hash TEXT,                -- "$argon2id$..."; null until one is chosen
    role TEXT NOT NULL,                -- administrator, lead, engineer, operator, auditor
    valid_until BIGINT,                -- no login after this time; null = no end
    disabled_at BIGINT,                -- when it was shut off; null = works
    created_at BIGINT NOT NULL,
    failed_logins BIGINT NOT NULL DEFAULT 0, -- in a row
    locked_until BIGINT                -- after too many of them
);

-- Bearer tokens of machines.
CREATE TABLE token (
    id BIGINT NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,                -- what it is for
    hash BYTEA NOT NULL UNIQUE,        -- SHA-256 of the token; the token itself is shown once
    capability TEXT NOT NULL,          -- what it may do at most
    created_at BIGINT NOT NULL,
    expires_at BIGINT,                 -- null = no end
    revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX token_account ON token (account);

-- Logins of people in a browser.
CREATE TABLE session (
    hash BYTEA NOT NULL PRIMARY KEY,   -- SHA-256 of the cookie
    account BIGINT NOT NULL REFERENCES account (id),
    csrf TEXT NOT NULL,                -- must come back in a header with every change
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_expires_at ON session (expires_at);

-- "Set your password" links.
CREATE TABLE one_time_link (
    hash BYTEA NOT NULL PRIMARY KEY,   -- SHA-256 of the secret in the link
    account BIGINT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX one_time_link_account ON one_time_link (account);

-- Work that outlasts a request. Whoever works on a job holds its lease.
CREATE TABLE job (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,                -- entry of the job table in work/
    state TEXT NOT NULL,               -- waiting, running, done, failed, cancelled
    payload TEXT NOT NULL,             -- JSON input
    result TEXT,                       -- JSON output
    progress DOUBLE PRECISION NOT NULL DEFAULT 0, -- 0 to 1
    error TEXT,                        -- JSON of the last failure
    run_after BIGINT NOT NULL,         -- not before this time
    attempts BIGINT NOT NULL DEFAULT 0,
    lease_owner TEXT,                  -- host and process that works on it
    lease_until BIGINT,                -- free for others after this time
    created_by BIGINT NOT NULL,        -- account; 0 = the program itself
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    cancel_requested BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX job_state ON job (state, run_after);

-- Replies kept so that a repeated request is not a repeated act.
CREATE TABLE idempotency (
    account BIGINT NOT NULL,
    key TEXT NOT NULL,                 -- header Idempotency-Key
    request BYTEA NOT NULL,            -- SHA-256 of method, path and body
    status BIGINT NOT NULL,            -- of the reply
    body TEXT NOT NULL,                -- of the reply
    at BIGINT NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE INDEX idempotency_at ON idempotency (at);

-- Files of the vault.
CREATE TABLE stored_file (
    sha256 TEXT NOT NULL PRIMARY KEY,  -- 64 lower-case hex digits of the plain bytes
    size BIGINT NOT NULL,              -- of the plain bytes
    name TEXT NOT NULL,                -- as first given
    media_type TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
