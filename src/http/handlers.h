/* handlers.h - every handler that a row of routes.c names, by the file that holds it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_HANDLERS_H
#define AIMS_HTTP_HANDLERS_H
#include "http/route.h"
#include "work/accounts.h"

/* records.c */
handler do_list, do_add, do_get, do_change, do_retire, do_history, do_uses, do_erase, do_approve;
/* standing.c */
handler do_status, do_soa, do_consistency, do_due, do_hand_in, do_bag;
/* catalog.c */
handler do_frameworks, do_framework, do_requirements, do_requirement, do_crosswalk, do_reverse,
    do_vocabulary, do_kinds, do_proven_by, do_accepting, do_import_framework, do_framework_controls;
/* log.c */
handler do_log_growth, do_log_acts, do_log_checkpoints;
handler do_log_head, do_log_leaves, do_log_proof, do_log_verify, do_log_file, do_checkpoint;
/* files.c */
handler do_upload, do_download, do_file_info;
/* jobs.c */
handler do_jobs, do_job_add, do_job, do_job_cancel;
/* accounts.c */
handler do_login, do_me, do_logout, do_redeem, do_accounts, do_account_add, do_account_change,
    do_account_reset, do_tokens, do_token_add, do_token_revoke;
void reply_session(request *q, const session *s, const actor *who);
void put_time(jw *w, const char *key, int64_t at); /* 0: null */
/* signin.c */
handler do_sessions, do_session_revoke, do_password, do_factors, do_totp_enrol, do_totp_confirm,
    do_totp_off, do_recovery_codes, do_factors_forget, do_passkeys, do_passkey_begin,
    do_passkey_add, do_passkey_rename, do_passkey_remove, do_passkey_challenge, do_passkey_login;
/* settings.c */
handler do_settings, do_setting_change;
/* storage.c */
handler do_storage, do_backups, do_backup_add;
/* about.c */
handler do_about, do_openapi, do_health, do_ready, do_metrics, do_events, do_page, do_asset;
/* types.c */
handler do_types;

#endif
