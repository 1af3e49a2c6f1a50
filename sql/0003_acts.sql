-- 0003_acts.sql - which leaf of the log tells of which version of which record.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE act (
    seq BIGINT PRIMARY KEY,      -- leaf number
    at BIGINT NOT NULL,          -- ms since 1970
    act TEXT NOT NULL,           -- "ai_system.add", "account.denied", ...
    account BIGINT NOT NULL,     -- who; 0 = the machine
    type TEXT NOT NULL,          -- record type; empty when the act is about none
    id BIGINT NOT NULL,          -- of the record, account, job, ...; 0 = none
    version BIGINT NOT NULL      -- of the record after the act; 0 = none
);
CREATE INDEX act_record ON act (type, id, version);

ALTER TABLE stored_file ADD COLUMN leaf BIGINT; -- number of the leaf that tells of the file's arrival
