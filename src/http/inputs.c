/* inputs.c - tables of the bodies that verbs take. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/inputs.h"

enum { PASSWORD_MAX = 1000, SECRET_CHARS = 200 };

static const field login_fields[] = {
    F_TEXT(login, name, REQ, 1, 60, "Name of the account"),
    F_TEXT(login, password, REQ, 1, PASSWORD_MAX, "Its password"),
};
static const field redemption_fields[] = {
    F_TEXT(redemption, code, REQ, 1, SECRET_CHARS, "One-time code of the link"),
    F_TEXT(redemption, password, REQ, 10, PASSWORD_MAX, "New password, at least 10 characters"),
};
static const field new_account_fields[] = {
    F_TEXT(new_account, name, REQ, 1, 60, "Name to log in with: a-z, 0-9, dot, dash, underscore"),
    F_TEXT(new_account, role, REQ, 1, 60, "administrator, lead, engineer, operator or auditor"),
    F_TIME(new_account, valid_until, 0, "When the account ends; an auditor must have it"),
};
static const field account_patch_fields[] = {
    F_TEXT(account_patch, role, 0, 1, 60, "New role"),
    F_TIME(account_patch, valid_until, 0, "New end date"),
    F_TEXT(account_patch, person, 0, 1, 120, "Person of the register whose account it is"),
    F_BOOL(account_patch, disabled, 0, "True shuts the account off"),
};
static const field new_token_fields[] = {
    F_TEXT(new_token, name, REQ, 1, 100, "What the token is for"),
    F_LIST(new_token, capabilities, REQ, NULL, 20,
           "Names of capabilities, such as read and measure"),
    F_TIME(new_token, expires_at, REQ, "When it ends"),
};
static const field job_request_fields[] = {
    F_TEXT(job_request, kind, REQ, 1, 60, "Kind of job: assess"),
    F_JSON(job_request, payload, REQ, 65536,
           "What the kind needs, for example {\"plan\": \"...\"}"),
};
static const field bag_fields[] = {
    F_LIST(bag_body, controls, 0, NULL, 200, "Controls to prove; none: all"),
    F_TIME(bag_body, since, 0, "Only what happened since then"),
};
static const field framework_fields[] = {
    F_TEXT(framework_import, name, REQ, 1, 60, "Short name people use, for example nist-800-53"),
    F_TEXT(framework_import, file, REQ, 64, 64, "SHA-256 of the stored OSCAL file"),
};

#define INPUT(T, wire, f, d)                                                                       \
    static const record T##_input = {.name = wire,                                                 \
                                     .noun = wire,                                                 \
                                     .plural = wire,                                               \
                                     .title = wire,                                                \
                                     .tags = "7.5.3",                                              \
                                     .doc = d,                                                     \
                                     .size = sizeof(T),                                            \
                                     .fields = f,                                                  \
                                     .n_fields = COUNT(f)}

INPUT(login, "login", login_fields, "Name and password");
INPUT(redemption, "redemption", redemption_fields, "A one-time code and the password it sets");
INPUT(new_account, "new_account", new_account_fields, "An account to add");
INPUT(account_patch, "account_change", account_patch_fields, "What changes of an account");
INPUT(new_token, "new_token", new_token_fields, "A token to make");
INPUT(job_request, "job_request", job_request_fields, "A job to queue");
INPUT(bag_body, "bag_request", bag_fields, "Which evidence goes into the bag");
INPUT(framework_import, "framework_import", framework_fields, "An OSCAL catalog to import");

const record *const http_inputs[] = {
    &login_input,     &redemption_input,  &new_account_input, &account_patch_input,
    &new_token_input, &job_request_input, &bag_body_input,    &framework_import_input,
};
const size_t http_n_inputs = COUNT(http_inputs);
