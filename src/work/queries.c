/* queries.c - every SQL statement of this room; one text for SQLite and PostgreSQL. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/impl.h"

#define ACCOUNT_COLUMNS                                                                            \
    "id, name, person, password_hash, role, valid_until, disabled_at, created_at, failed_logins, " \
    "locked_until"
#define TOKEN_COLUMNS                                                                              \
    "id, account, name, capability, created_at, expires_at, revoked_at, last_used_at"
#define JOB_COLUMNS                                                                                \
    "id, kind, state, payload, result, error, progress, attempts, created_by, created_at, "        \
    "started_at, finished_at, run_after, cancel_requested"

const query work_queries[] = {
    [Q_ACT_ADD] = {"INSERT INTO act (seq, at, act, account, type, id, version) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7)"},
    [Q_ACT_OF_RECORD] = {"SELECT seq, version FROM act WHERE type = $1 AND id = $2 ORDER BY seq"},
    [Q_ACT_OF_VERSION] = {"SELECT min(seq) FROM act WHERE type = $1 AND id = $2 AND version = $3"},
    [Q_ACTS_AFTER] = {"SELECT seq, at, act, type, id, version FROM act WHERE seq > $1 "
                      "ORDER BY seq LIMIT $2"},
    [Q_ACTS_BEFORE] = {"SELECT seq, at, act, type, id, version FROM act WHERE seq < $1 "
                       "AND (act = $2 OR $2 = '') AND (type = $3 OR $3 = '') "
                       "AND (id = $4 OR $4 = 0) ORDER BY seq DESC LIMIT $5"},
    [Q_ACTS_SPAN] = {"SELECT coalesce(min(at), 0), coalesce(max(at), 0) FROM act"},
    [Q_ACTS_GROWTH] = {"SELECT at / $1, count(*) FROM act GROUP BY 1 ORDER BY 1"},
    [Q_ACTS_SORTS] = {"SELECT act, count(*) FROM act GROUP BY act ORDER BY act"},

    [Q_ACCOUNT_COUNT] = {"SELECT count(*) FROM account"},
    [Q_ACCOUNT_ADD] = {"INSERT INTO account (id, name, role, valid_until, created_at) "
                       "VALUES ((SELECT coalesce(max(id), 0) + 1 FROM account), $1, $2, $3, $4) "
                       "RETURNING id"},
    [Q_ACCOUNT_BY_NAME] = {"SELECT " ACCOUNT_COLUMNS " FROM account WHERE name = $1"},
    [Q_ACCOUNT_BY_ID] = {"SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = $1"},
    [Q_ACCOUNT_LIST] = {"SELECT " ACCOUNT_COLUMNS " FROM account ORDER BY id LIMIT 10000"},
    [Q_ACCOUNT_CHANGE] = {"UPDATE account SET role = $2, valid_until = $3, disabled_at = $4 "
                          "WHERE id = $1"},
    [Q_ACCOUNT_PERSON] = {"UPDATE account SET person = $2 WHERE id = $1"},
    [Q_ACCOUNT_PASSWORD] = {"UPDATE account SET password_hash = $2, failed_logins = 0, "
                            "locked_until = NULL WHERE id = $1"},
    [Q_ACCOUNT_FAILED] = {"UPDATE account SET failed_logins = $2, locked_until = $3 WHERE id = $1"},
    [Q_LINK_ADD] = {"INSERT INTO one_time_link (hash, account, created_at, expires_at) "
                    "VALUES ($1, $2, $3, $4)"},
    [Q_LINK_GET] = {"SELECT account, expires_at, used_at FROM one_time_link WHERE hash = $1"},
    [Q_LINK_USE] = {"UPDATE one_time_link SET used_at = $2 WHERE hash = $1 AND used_at IS NULL"},
    [Q_LINK_DROP] = {"DELETE FROM one_time_link WHERE account = $1 AND used_at IS NULL"},
    [Q_SESSION_ADD] = {"INSERT INTO session (hash, account, csrf, created_at, expires_at, means) "
                       "VALUES ($1, $2, $3, $4, $5, $6)"},
    [Q_SESSION_GET] = {"SELECT s.account, s.csrf, s.expires_at, a.name, a.role, a.valid_until, "
                       "a.disabled_at, s.created_at, "
                       "(SELECT value FROM setting WHERE name = 'session-hours'), "
                       "(SELECT value FROM setting WHERE name = 'session-idle') "
                       "FROM session s JOIN account a ON a.id = s.account WHERE s.hash = $1"},
    [Q_SESSION_RENEW] = {"UPDATE session SET expires_at = $2, seen_at = $3 WHERE hash = $1"},
    [Q_SESSION_DROP] = {"DELETE FROM session WHERE hash = $1"},
    [Q_SESSION_DROP_ALL] = {"DELETE FROM session WHERE account = $1"},
    [Q_SESSION_DROP_OTHERS] = {"DELETE FROM session WHERE account = $1 AND hash <> $2"},
    [Q_SESSION_LIST] = {"SELECT hash, created_at, seen_at, expires_at, means FROM session WHERE "
                        "account = $1 AND expires_at > $2 ORDER BY created_at DESC LIMIT 1000"},
    [Q_SESSION_EXPIRE] = {"DELETE FROM session WHERE expires_at <= $1"},
    [Q_TOTP_GET] = {"SELECT secret, confirmed_at, last_step FROM totp WHERE account = $1"},
    [Q_TOTP_ADD] = {"INSERT INTO totp (account, secret, created_at, last_step) "
                    "VALUES ($1, $2, $3, 0)"},
    [Q_TOTP_CONFIRM] = {"UPDATE totp SET confirmed_at = $2 WHERE account = $1"},
    [Q_TOTP_STEP] = {"UPDATE totp SET last_step = $2 WHERE account = $1"},
    [Q_TOTP_DROP] = {"DELETE FROM totp WHERE account = $1"},
    [Q_RECOVERY_ADD] = {"INSERT INTO recovery_code (hash, account) VALUES ($1, $2)"},
    [Q_RECOVERY_USE] = {"UPDATE recovery_code SET used_at = $3 WHERE hash = $1 AND account = $2 "
                        "AND used_at IS NULL"},
    [Q_RECOVERY_LEFT] = {"SELECT count(*) FROM recovery_code WHERE account = $1 AND "
                         "used_at IS NULL"},
    [Q_RECOVERY_DROP] = {"DELETE FROM recovery_code WHERE account = $1"},
    [Q_PASSKEY_ADD] = {"INSERT INTO passkey (id, account, name, site, credential, algorithm, "
                       "public_key, sign_count, created_at) VALUES ((SELECT coalesce(max(id), 0) "
                       "+ 1 FROM passkey), $1, $2, $3, $4, $5, $6, $7, $8) RETURNING id"},
    [Q_PASSKEY_LIST] = {"SELECT id, name, site, credential, created_at, last_used_at FROM passkey "
                        "WHERE account = $1 ORDER BY id LIMIT 1000"},
    [Q_PASSKEY_GET] = {"SELECT id, account, site, algorithm, public_key, sign_count FROM passkey "
                       "WHERE credential = $1"},
    [Q_PASSKEY_NAME] = {"UPDATE passkey SET name = $3 WHERE id = $1 AND account = $2"},
    [Q_PASSKEY_USED] = {"UPDATE passkey SET sign_count = $2, last_used_at = $3 WHERE id = $1"},
    [Q_PASSKEY_DROP] = {"DELETE FROM passkey WHERE id = $1 AND account = $2"},
    [Q_PASSKEY_DROP_ALL] = {"DELETE FROM passkey WHERE account = $1"},
    [Q_CHALLENGE_USED] = {"SELECT count(*) FROM used_challenge WHERE hash = $1"},
    [Q_CHALLENGE_USE] = {"INSERT INTO used_challenge (hash, expires_at) VALUES ($1, $2)"},
    [Q_CHALLENGE_EXPIRE] = {"DELETE FROM used_challenge WHERE expires_at <= $1"},
    [Q_TOKEN_ADD] = {"INSERT INTO token (id, account, name, hash, capability, created_at, "
                     "expires_at) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM token), $1, $2, "
                     "$3, $4, $5, $6) RETURNING id"},
    [Q_TOKEN_GET] = {"SELECT t.id, t.account, t.capability, t.expires_at, t.revoked_at, "
                     "t.last_used_at, a.name, a.role, a.valid_until, a.disabled_at "
                     "FROM token t JOIN account a ON a.id = t.account WHERE t.hash = $1"},
    [Q_TOKEN_LIST] = {"SELECT " TOKEN_COLUMNS " FROM token ORDER BY id LIMIT 10000"},
    [Q_TOKEN_REVOKE] = {"UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL"},
    [Q_TOKEN_USED] = {"UPDATE token SET last_used_at = $2 WHERE id = $1"},

    [Q_FILE_ADD] = {"INSERT INTO stored_file (sha256, size, name, media_type, created_at) "
                    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sha256) DO NOTHING"},
    [Q_FILE_GET] = {"SELECT size, name, created_at, leaf FROM stored_file WHERE sha256 = $1"},
    [Q_FILE_LIST] = {"SELECT sha256, size, name, created_at FROM stored_file ORDER BY created_at "
                     "LIMIT 1000000"},
    [Q_FILE_TOTAL] = {"SELECT count(*), CAST(coalesce(sum(size), 0) AS BIGINT) FROM stored_file"},
    [Q_FILE_LEAF] = {"UPDATE stored_file SET leaf = $2 WHERE sha256 = $1"},

    [Q_FINDING_OF_PLAN] = {"SELECT id FROM finding WHERE plan = $1 AND status = 'open' AND "
                           "retired_at IS NULL AND raised_by IS NULL ORDER BY id DESC LIMIT 1"},
    [Q_APPROVALS_OF] = {"SELECT id FROM evidence WHERE document = $1 AND method = 'recorded' AND "
                        "retired_at IS NULL ORDER BY id"},
    /* Of a plan that passes: all its evidence; of another none, for a failure stays. */
    [Q_PASSES_OF] = {"SELECT e.id FROM evidence e JOIN measurement m ON m.id = e.measurement WHERE "
                     "m.plan = $1 AND e.retired_at IS NULL AND 'pass' = (SELECT n.verdict FROM "
                     "evidence n JOIN measurement k ON k.id = n.measurement WHERE k.plan = $1 AND "
                     "n.retired_at IS NULL ORDER BY n.observed_at DESC, n.id DESC LIMIT 1) ORDER "
                     "BY e.id"},
    [Q_MEASUREMENT_OF_RESULT] = {"SELECT id FROM measurement WHERE dataset_sha256 = $1 AND "
                                 "result_sha256 = $2"},
    [Q_NEWEST_OF_PLAN] = {"SELECT max(id) FROM measurement WHERE plan = $1"},
    [Q_NEWEST_FAILURE] = {"SELECT max(e.observed_at) FROM evidence e JOIN measurement m ON m.id = "
                          "e.measurement WHERE m.plan = $1 AND e.verdict = 'fail' AND e.retired_at "
                          "IS NULL"},
    [Q_TRAILS] =
        {"SELECT m.id, m.plan, m.kind, m.dataset_sha256, m.model_sha256, m.verdict, p.name, "
         "a.seq FROM measurement m LEFT JOIN plan p ON p.id = m.plan LEFT JOIN act a ON "
         "a.type = 'measurement' AND a.id = m.id AND a.version = 1 WHERE m.id IN (SELECT "
         "measurement FROM evidence) ORDER BY m.id"},
    [Q_RISKS_TREATED] =
        {"SELECT id, controls, status = 'treated' AND coalesce(treatment, '') = 'mitigate' FROM "
         "risk WHERE retired_at IS NULL AND status <> 'closed' AND (coalesce(controls, '[]') <> "
         "'[]' OR status = 'treated' AND treatment = 'mitigate') ORDER BY id DESC"},
    [Q_MEASUREMENT_FILE] = {"SELECT plan, result_sha256 FROM measurement WHERE id = $1"},
    [Q_REPLIES_FORGET] = {"DELETE FROM idempotency WHERE status <> 0"},
    [Q_NEWEST_ACT] =
        {"SELECT a.at, a.seq FROM act a WHERE a.type = $1 AND a.at <= $2 AND "
         "a.version > $3 AND NOT EXISTS (SELECT 1 FROM act r WHERE r.type = a.type AND "
         "r.id = a.id AND r.act = $4 AND r.at <= $2) ORDER BY a.seq DESC LIMIT 1"},

    [Q_JOB_ADD] = {"INSERT INTO job (id, kind, state, payload, run_after, created_by, created_at) "
                   "VALUES ((SELECT coalesce(max(id), 0) + 1 FROM job), $1, 'queued', $2, $3, $4, "
                   "$5) RETURNING id"},
    [Q_JOB_GET] = {"SELECT " JOB_COLUMNS " FROM job WHERE id = $1"},
    [Q_JOB_LIST] = {"SELECT " JOB_COLUMNS " FROM job WHERE id < $1 ORDER BY id DESC LIMIT $2"},
    [Q_JOB_NEXT] = {"SELECT id FROM job WHERE (state = 'queued' AND run_after <= $1) OR "
                    "(state = 'running' AND lease_until <= $1) ORDER BY id LIMIT 1"},
    [Q_JOB_TAKE] = {"UPDATE job SET state = 'running', lease_owner = $2, lease_until = $3, "
                    "attempts = attempts + 1, started_at = $4, progress = 0 WHERE id = $1 AND "
                    "(state = 'queued' OR (state = 'running' AND lease_until <= $4))"},
    [Q_JOB_RENEW] = {"UPDATE job SET lease_until = $3, progress = $4 WHERE id = $1 AND "
                     "lease_owner = $2 AND state = 'running' RETURNING cancel_requested"},
    [Q_JOB_END] = {"UPDATE job SET state = $3, result = $4, error = $5, progress = $6, "
                   "finished_at = $7, lease_owner = NULL, lease_until = NULL WHERE id = $1 AND "
                   "lease_owner = $2"},
    [Q_JOB_RETRY] = {"UPDATE job SET state = 'queued', error = $3, run_after = $4, "
                     "lease_owner = NULL, lease_until = NULL WHERE id = $1 AND lease_owner = $2"},
    [Q_JOB_RELEASE] = {"UPDATE job SET state = 'queued', attempts = attempts - 1, "
                       "lease_owner = NULL, lease_until = NULL WHERE id = $1 AND lease_owner = $2"},
    [Q_JOB_CANCEL] = {"UPDATE job SET cancel_requested = 1, finished_at = CASE WHEN state = "
                      "'queued' THEN $2 ELSE finished_at END, state = CASE WHEN state = 'queued' "
                      "THEN 'cancelled' ELSE state END WHERE id = $1 AND cancel_requested = 0 AND "
                      "state IN ('queued', 'running')"},
    /* A failed run is not repeated within a day ($2). */
    [Q_JOB_DUE] = {"SELECT p.id FROM plan p WHERE p.active = 1 AND p.retired_at IS NULL AND "
                   "p.every_days IS NOT NULL AND NOT EXISTS (SELECT 1 FROM measurement m WHERE "
                   "m.plan = p.id AND m.started_at + p.every_days * 86400000 > $1) AND NOT EXISTS "
                   "(SELECT 1 FROM job j WHERE j.kind = 'assess' AND j.payload = '{\"plan\":' || "
                   "p.id || '}' AND (j.state IN ('queued', 'running') OR j.created_at > $2)) "
                   "ORDER BY p.id LIMIT 1000"},
    [Q_JOB_COUNT] = {"SELECT count(*) FROM job"},
    [Q_SETTING_GET] = {"SELECT value FROM setting WHERE name = $1"},
    [Q_SETTING_LIST] = {"SELECT name, value FROM setting ORDER BY name"},
    [Q_SETTING_PUT] = {"INSERT INTO setting (name, value) VALUES ($1, $2) "
                       "ON CONFLICT (name) DO UPDATE SET value = excluded.value"},
};
const size_t work_n_queries = COUNT(work_queries);
_Static_assert(COUNT(work_queries) == WORK_QUERIES, "every statement has its place");
