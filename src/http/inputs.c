/* inputs.c - tables of the bodies that verbs take. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/inputs.h"

enum { PASSWORD_MAX = 1000, SECRET_CHARS = 200, WEBAUTHN_CHARS = 20000 };

static const field login_fields[] = {
    F_TEXT(login, name, REQ, 1, 60, "Name of the account"),
    F_TEXT(login, password, REQ, 1, PASSWORD_MAX, "Its password"),
    F_TEXT(login, code, 0, 1, 60, "Code of the second factor, or a recovery code"),
};
static const field passkey_login_fields[] = {
    F_TEXT(passkey_login, credential, REQ, 1, WEBAUTHN_CHARS, "Id of the passkey, base64url"),
    F_TEXT(passkey_login, client_data, REQ, 1, WEBAUTHN_CHARS, "clientDataJSON, base64url"),
    F_TEXT(passkey_login, authenticator_data, REQ, 1, WEBAUTHN_CHARS,
           "authenticatorData, base64url"),
    F_TEXT(passkey_login, signature, REQ, 1, WEBAUTHN_CHARS, "signature, base64url"),
    F_TEXT(passkey_login, user_handle, 0, 1, SECRET_CHARS, "userHandle, base64url"),
};
static const field password_fields[] = {
    F_TEXT(password_proof, password, REQ, 1, PASSWORD_MAX, "The password of this account"),
};
static const field code_fields[] = {
    F_TEXT(password_proof, code, REQ, 1, 60, "Code of the app"),
};
static const field proof_fields[] = {
    F_TEXT(password_proof, password, REQ, 1, PASSWORD_MAX, "The password of this account"),
    F_TEXT(password_proof, code, REQ, 1, 60, "Code of the app, or a recovery code"),
};
static const field password_change_fields[] = {
    F_TEXT(password_change, old, REQ, 1, PASSWORD_MAX, "The password so far"),
    F_TEXT(password_change, password, REQ, 10, PASSWORD_MAX,
           "New password, at least 10 characters"),
};
static const field new_passkey_fields[] = {
    F_TEXT(passkey_body, name, REQ, 1, 120, "What its owner calls it, such as the device"),
    F_TEXT(passkey_body, client_data, REQ, 1, WEBAUTHN_CHARS, "clientDataJSON, base64url"),
    F_TEXT(passkey_body, attestation, REQ, 1, WEBAUTHN_CHARS, "attestationObject, base64url"),
};
static const field passkey_name_fields[] = {
    F_TEXT(passkey_body, name, REQ, 1, 120, "New name"),
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
    F_TEXT(job_request, kind, REQ, 1, 60, "Kind of job: assess or backup"),
    F_JSON(job_request, payload, REQ, 65536,
           "What the kind needs, for example {\"plan\": \"...\"}"),
};
static const field setting_change_fields[] = {
    F_TEXT(setting_change, value, REQ, 1, 40, "New value"),
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
    static const record f##_input = {.name = wire,                                                 \
                                     .noun = wire,                                                 \
                                     .plural = wire,                                               \
                                     .title = wire,                                                \
                                     .tags = "7.5.3",                                              \
                                     .doc = d,                                                     \
                                     .size = sizeof(T),                                            \
                                     .fields = f,                                                  \
                                     .n_fields = COUNT(f)}

INPUT(login, "login", login_fields, "Name and password, and a code when asked");
INPUT(passkey_login, "passkey_login", passkey_login_fields,
      "What a passkey answers to a challenge");
INPUT(password_proof, "password_proof", password_fields, "The own password, to be sure who asks");
INPUT(password_proof, "first_code", code_fields, "The first code of the app");
INPUT(password_proof, "second_factor_proof", proof_fields, "The own password and a code");
INPUT(password_change, "password_change", password_change_fields, "The old and a new password");
INPUT(passkey_body, "new_passkey", new_passkey_fields, "A passkey to add");
INPUT(passkey_body, "passkey_name", passkey_name_fields, "What a passkey is called");
INPUT(redemption, "redemption", redemption_fields, "A one-time code and the password it sets");
INPUT(new_account, "new_account", new_account_fields, "An account to add");
INPUT(account_patch, "account_change", account_patch_fields, "What changes of an account");
INPUT(new_token, "new_token", new_token_fields, "A token to make");
INPUT(job_request, "job_request", job_request_fields, "A job to queue");
INPUT(setting_change, "setting_change", setting_change_fields, "What a setting is to be");
INPUT(bag_body, "bag_request", bag_fields, "Which evidence goes into the bag");
INPUT(framework_import, "framework_import", framework_fields, "An OSCAL catalog to import");

const record *const http_inputs[] = {
    &passkey_login_fields_input, &password_fields_input,        &code_fields_input,
    &proof_fields_input,         &password_change_fields_input, &new_passkey_fields_input,
    &passkey_name_fields_input,  &login_fields_input,           &redemption_fields_input,
    &new_account_fields_input,   &account_patch_fields_input,   &new_token_fields_input,
    &job_request_fields_input,   &setting_change_fields_input,  &bag_fields_input,
    &framework_fields_input,
};
const size_t http_n_inputs = COUNT(http_inputs);
