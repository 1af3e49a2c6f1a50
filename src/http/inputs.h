/* inputs.h - bodies of the verbs as record tables, so that the one engine reads and refuses them.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_INPUTS_H
#define AIMS_HTTP_INPUTS_H
#include "record/record.h"

/* None of these is stored: `head` is only there because the engine wants it first. */
typedef struct login {
    row_head head;
    str name, password, code;
} login;

typedef struct passkey_login {
    row_head head;
    str credential, client_data, authenticator_data, signature, user_handle;
} passkey_login;

typedef struct password_proof {
    row_head head;
    str password, code;
} password_proof;

typedef struct password_change {
    row_head head;
    str old, password;
} password_change;

typedef struct passkey_body {
    row_head head;
    str name, client_data, attestation;
} passkey_body;

typedef struct redemption {
    row_head head;
    str code, password;
} redemption;

typedef struct new_account {
    row_head head;
    str name, role;
    opt_int valid_until;
} new_account;

typedef struct account_patch {
    row_head head;
    str role, person;
    opt_int valid_until;
    opt_bool disabled;
} account_patch;

typedef struct new_token {
    row_head head;
    str name;
    str_list capabilities;
    int64_t expires_at;
} new_token;

typedef struct job_request {
    row_head head;
    str kind, payload;
} job_request;

typedef struct setting_change {
    row_head head;
    str value;
} setting_change;

typedef struct bag_body {
    row_head head;
    str_list controls;
    opt_int since;
} bag_body;

typedef struct framework_import {
    row_head head;
    str name, file;
} framework_import;

extern const record *const http_inputs[];
extern const size_t http_n_inputs;

#endif
