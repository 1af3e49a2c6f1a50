-- 0005_sign_in.sql - second factors, passkeys, and what sessions are told apart by.
-- SPDX-License-Identifier: Apache-2.0
ALTER TABLE session ADD COLUMN seen_at BIGINT; -- last use, to ten minutes; null: not since it began
ALTER TABLE session ADD COLUMN means TEXT; -- password, code, recovery or passkey; null: before 0005

-- One-time codes of an app (RFC 6238).
CREATE TABLE totp (
    account BIGINT NOT NULL PRIMARY KEY REFERENCES account (id),
    secret BYTEA NOT NULL,             -- sealed under a key of the account's own
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,               -- null: a first code was not given yet, login does not ask
    last_step BIGINT NOT NULL          -- newest time step whose code was taken
);

CREATE TABLE recovery_code (
    hash BYTEA NOT NULL PRIMARY KEY,   -- HMAC of the code; the code itself is shown once
    account BIGINT NOT NULL REFERENCES account (id),
    used_at BIGINT
);
CREATE INDEX recovery_code_account ON recovery_code (account);

CREATE TABLE passkey (
    id BIGINT NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,                -- what its owner calls it
    site TEXT NOT NULL,                -- relying party: the host name it was made for
    credential BYTEA NOT NULL UNIQUE,
    algorithm BIGINT NOT NULL,         -- COSE: -7 ES256, -8 EdDSA
    public_key BYTEA NOT NULL,
    sign_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX passkey_account ON passkey (account);

-- Challenges answered once; they end by themselves, so these rows may go after that.
CREATE TABLE used_challenge (
    hash BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_challenge_expires_at ON used_challenge (expires_at);
