/* routes.c - the whole API on one page; the paths with {plural} are served for every record type.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/handlers.h"

#define API  "/api/v1"
#define JSON "application/json"
#define HTML "text/html; charset=utf-8"

/* clang-format off */
const route route_table[] = {
    /* Records: one set of rows for every type of the register. */
    {HTTP_GET,    API "/{plural}",              CAP_READ, PAGED | FILTERED, NULL, "*page", do_list,
     .doc = "List records, newest first", .query = "as_of retired count format"},
    {HTTP_POST,   API "/{plural}",              CAP_EDIT, WRITES, "*new", "*one", do_add,
     .doc = "Add a record", .status = 201},
    {HTTP_GET,    API "/{plural}/{id}",         CAP_READ, 0, NULL, "*one", do_get,
     .doc = "One record by id or name", .query = "as_of"},
    {HTTP_PATCH,  API "/{plural}/{id}",         CAP_EDIT, WRITES | MATCH, "*patch", "*one", do_change,
     .doc = "Change members of a record (merge patch)"},
    {HTTP_DELETE, API "/{plural}/{id}",         CAP_EDIT, WRITES | MATCH, NULL, "*one", do_retire,
     .doc = "Retire a record; nothing is deleted"},
    {HTTP_GET,    API "/{plural}/{id}/history", CAP_READ, 0, NULL, "History", do_history,
     .doc = "Every version, member by member, with its leaf of the log"},
    {HTTP_GET,    API "/{plural}/{id}/uses",    CAP_READ, 0, NULL, "Uses", do_uses,
     .doc = "Records that point at this one"},
    {HTTP_POST,   API "/{plural}/{id}/erase",   CAP_ADMIN, ERASES, NULL, "Erased", do_erase,
     .doc = "Erase the personal data of a record everywhere; the log stays valid"},
    {HTTP_POST,   API "/documents/{id}/approve", CAP_APPROVE, MATCH, NULL, "*one", do_approve,
     .doc = "Approve the present edition of a document", .query = "person"},

    /* Standing, measurements, proof. */
    {HTTP_GET,  API "/status",       CAP_READ, SLOW, NULL, "Standing", do_status,
     .doc = "Computed status of every clause and control, with its trail", .query = "at"},
    {HTTP_GET,  API "/soa",          CAP_READ, SLOW, NULL, "Soa", do_soa,
     .doc = "Statement of applicability; format=json, csv or text, or by Accept", .query = "at format"},
    {HTTP_GET,  API "/consistency",  CAP_READ, SLOW, NULL, "Objects", do_consistency,
     .doc = "Where the registers contradict each other: statement of applicability, risks, evidence"},
    {HTTP_GET,  API "/kinds",        CAP_READ, 0, NULL, "Kinds", do_kinds,
     .doc = "Kinds of measurement with their metrics, options and needs: what a form for a plan asks"},
    {HTTP_POST, API "/measurements", CAP_MEASURE, BIG, "Result", "HandedIn", do_hand_in,
     .doc = "Hand in the result of a measurement as evidence", .query = "plan system", .status = 201},
    {HTTP_POST, API "/bags",         CAP_AUDIT, NO_REPLAY, "bag_request", "application/gzip", do_bag,
     .doc = "Make an evidence bag that anyone can verify offline"},

    /* The catalog of frameworks. */
    {HTTP_GET, API "/catalog/frameworks",             CAP_READ, 0, NULL, "Objects", do_frameworks,
     .doc = "Frameworks that the catalog knows"},
    {HTTP_GET, API "/catalog/frameworks/{framework}", CAP_READ, 0, NULL, "Object", do_framework,
     .doc = "One framework with all its entries"},
    {HTTP_GET, API "/catalog/requirements",           CAP_READ, 0, NULL, "Objects", do_requirements,
     .doc = "The 38 controls and the 32 auditable sub-clauses"},
    {HTTP_GET, API "/catalog/requirements/{id}",      CAP_READ, 0, NULL, "Object", do_requirement,
     .doc = "One control or sub-clause with its crosswalk"},
    {HTTP_GET, API "/catalog/crosswalk",              CAP_READ, 0, NULL, "Objects", do_crosswalk,
     .doc = "Everything that controls and sub-clauses correspond to elsewhere", .query = "framework"},
    {HTTP_GET, API "/catalog/crosswalk/{id}",         CAP_READ, 0, NULL, "Objects", do_crosswalk,
     .doc = "What a control corresponds to elsewhere", .query = "framework"},
    {HTTP_GET, API "/catalog/frameworks/{framework}/entries/{id}/controls", CAP_READ, 0, NULL,
     "Objects", do_reverse, .doc = "Controls that correspond to an entry of another framework"},
    {HTTP_GET, API "/catalog/vocabularies/{name}",    CAP_READ, 0, NULL, "Objects", do_vocabulary,
     .doc = "evidence_kinds, measurements, stages, roles or relationships"},
    {HTTP_GET, API "/catalog/measurements/{kind}/controls", CAP_READ, 0, NULL, "Objects",
     do_proven_by, .doc = "Controls that a kind of measurement proves"},
    {HTTP_GET, API "/catalog/evidence-kinds/{kind}/requirements", CAP_READ, 0, NULL, "Objects",
     do_accepting, .doc = "Requirements that accept a kind of evidence"},
    {HTTP_POST, API "/frameworks", CAP_EDIT, 0, "framework_import", "*one", do_import_framework,
     .doc = "Import an OSCAL catalog that was stored as a file before", .status = 201},
    {HTTP_GET, API "/frameworks/{id}/controls", CAP_READ, 0, NULL, "Object", do_framework_controls,
     .doc = "The controls of an imported framework"},

    /* The log. */
    {HTTP_GET, API "/log",                    CAP_READ, SLOW, NULL, "LogHead", do_log_head,
     .doc = "Newest signed checkpoint and the key that verifies it"},
    {HTTP_GET, API "/log/leaves",             CAP_AUDIT, 0, NULL, "Leaves", do_log_leaves,
     .doc = "Leaves of the log, oldest first", .query = "from limit"},
    {HTTP_GET, API "/log/leaves/{seq}/proof", CAP_AUDIT, SLOW, NULL, "text/plain; charset=utf-8",
     do_log_proof, .doc = "Proof of one leaf (c2sp.org/tlog-proof)"},
    {HTTP_GET, API "/log/verification",       CAP_AUDIT, SLOW, NULL, "Object", do_log_verify,
     .doc = "Check the whole log now: files, hashes, signatures, store"},
    {HTTP_GET, "/log/checkpoint",             CAP_AUDIT, PUBLIC, NULL, "text/plain; charset=utf-8",
     do_checkpoint, .doc = "The signed checkpoint itself (c2sp.org/tlog-tiles)"},
    {HTTP_GET, "/log/{path*}",                CAP_AUDIT, 0, NULL, "application/octet-stream",
     do_log_file, .doc = "Tiles and entry bundles of the log (c2sp.org/tlog-tiles)"},

    /* Files: evidence, models, data. */
    {HTTP_POST, API "/files",               CAP_EDIT, ANYONE | UPLOAD, NULL, "File", do_upload,
     .doc = "Store a file: any bytes up to 4 GiB", .query = "name", .status = 201},
    {HTTP_GET,  API "/files/{sha256}",      CAP_READ, 0, NULL, "application/octet-stream",
     do_download, .doc = "The bytes of a file"},
    {HTTP_GET,  API "/files/{sha256}/info", CAP_READ, 0, NULL, "File", do_file_info,
     .doc = "Name, size and leaf of a file"},

    /* Jobs. */
    {HTTP_GET,  API "/jobs",             CAP_READ, PAGED, NULL, "Jobs", do_jobs,
     .doc = "List jobs, newest first"},
    {HTTP_POST, API "/jobs",             CAP_MEASURE, 0, "job_request", "Job", do_job_add,
     .doc = "Queue a job: kind assess, payload {\"plan\": name}", .status = 202},
    {HTTP_GET,  API "/jobs/{id}",        CAP_READ, 0, NULL, "Job", do_job, .doc = "One job"},
    {HTTP_POST, API "/jobs/{id}/cancel", CAP_MEASURE, 0, NULL, "Job", do_job_cancel, .doc = "Cancel a job"},

    /* Accounts, sessions, tokens. */
    {HTTP_POST,   API "/sessions",              CAP_READ, PUBLIC | NO_REPLAY, "login", "Session",
     do_login, .doc = "Log in; the session is a cookie", .status = 201},
    {HTTP_GET,    API "/sessions/me",           CAP_READ, ANYONE, NULL, "Me", do_me,
     .doc = "Who is asking, what they may do, and the CSRF token of a session"},
    {HTTP_DELETE, API "/sessions/me",           CAP_READ, ANYONE, NULL, NULL, do_logout, .doc = "Log out"},
    {HTTP_POST,   API "/sessions/redeem",       CAP_READ, PUBLIC | NO_REPLAY, "redemption", "Session",
     do_redeem, .doc = "Set a password with a one-time code, and log in", .status = 201},
    {HTTP_GET,    API "/accounts",              CAP_ADMIN, 0, NULL, "Accounts", do_accounts,
     .doc = "List accounts"},
    {HTTP_POST,   API "/accounts",              CAP_ADMIN, NO_REPLAY, "new_account", "NewAccount",
     do_account_add, .doc = "Add an account; the reply has its one-time code", .status = 201},
    {HTTP_PATCH,  API "/accounts/{name}",       CAP_ADMIN, 0, "account_change", NULL,
     do_account_change, .doc = "Change role, person or end date, shut off or let in again"},
    {HTTP_POST,   API "/accounts/{name}/reset", CAP_ADMIN, NO_REPLAY, NULL, "Code",
     do_account_reset, .doc = "A new one-time code; ends the sessions of the account"},
    {HTTP_GET,    API "/tokens",                CAP_READ, ANYONE, NULL, "Tokens", do_tokens,
     .doc = "List tokens"},
    {HTTP_POST,   API "/tokens",                CAP_READ, ANYONE | NO_REPLAY, "new_token", "NewToken",
     do_token_add, .doc = "Make a token for a machine; it is shown once", .status = 201},
    {HTTP_DELETE, API "/tokens/{id}",           CAP_READ, ANYONE, NULL, NULL, do_token_revoke,
     .doc = "Revoke a token"},

    /* About the server. */
    {HTTP_GET, API "/about",        CAP_READ, ANYONE, NULL, "About", do_about,
     .doc = "Version, log, roles, capabilities, attributions"},
    {HTTP_GET, API "/events",       CAP_READ, SLOW, NULL, "text/event-stream", do_events,
     .doc = "What happens, as it happens; Last-Event-ID resumes after that leaf", .query = "after"},
    {HTTP_GET, API "/types",        CAP_READ, ANYONE, NULL, "Objects", do_types,
     .doc = "Every record type with its members: what forms, lists and filters are made of"},
    {HTTP_GET, API "/openapi.json", CAP_READ, PUBLIC, NULL, JSON, do_openapi,
     .doc = "This API as OpenAPI 3.1"},
    {HTTP_GET, "/metrics",          CAP_READ, 0, NULL, "text/plain; version=0.0.4; charset=utf-8",
     do_metrics, .doc = "Counters for Prometheus"},
    {HTTP_GET, "/healthz",          CAP_READ, PUBLIC, NULL, "text/plain; charset=utf-8", do_health,
     .doc = "The process answers"},
    {HTTP_GET, "/readyz",           CAP_READ, PUBLIC, NULL, "text/plain; charset=utf-8", do_ready,
     .doc = "The store answers"},
    {HTTP_GET, "/",                 CAP_READ, PUBLIC | ANY_QUERY, NULL, HTML, do_page, .doc = "The page"},
    {HTTP_GET, "/setup",            CAP_READ, PUBLIC, NULL, HTML, do_page,
     .doc = "The page: set a password with the one-time code of the link", .query = "code"},
    {HTTP_GET, "/ui/{path*}",       CAP_READ, PUBLIC | ANY_QUERY, NULL, HTML, do_page,
     .doc = "The page: a view of it"},
    {HTTP_GET, "/assets/{name}",    CAP_READ, PUBLIC, NULL, "text/javascript", do_asset,
     .doc = "Files that the page loads"},
};
/* clang-format on */
const size_t route_n_table = COUNT(route_table);
